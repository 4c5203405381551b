package transport

import (
	"encoding/binary"
	"net/netip"
)

// Parts of a STUN message (RFC 8489 sections 5 and 14).
const (
	stunHeader  = 20
	stunCookie  = 0x2112A442
	stunRequest = 0x0001 // Binding
	stunSuccess = 0x0101
	stunMapped  = 0x0020 // XOR-MAPPED-ADDRESS
	stunIPv4    = 1
	stunIPv6    = 2
	// largestSTUN is more than a keep-alive ever has.
	largestSTUN = 548
)

// stunAnswer gives the answer to a STUN Binding request, by which a phone on UDP keeps its flow open and sees whether
// it has moved (RFC 5626 sections 3.5.2 and 4.4.2); false for anything else. There is no password: nobody believes
// more of it than of the datagram that brings it.
func stunAnswer(data []byte, remote netip.AddrPort) ([]byte, bool) {
	if len(data) < stunHeader || len(data) > largestSTUN ||
		binary.BigEndian.Uint16(data) != stunRequest || binary.BigEndian.Uint32(data[4:]) != stunCookie ||
		int(binary.BigEndian.Uint16(data[2:])) != len(data)-stunHeader || len(data)%4 != 0 {
		return nil, false
	}
	address, family := remote.Addr().Unmap().AsSlice(), byte(stunIPv4)
	if len(address) > 4 {
		family = stunIPv6
	}
	answer := make([]byte, 0, stunHeader+8+len(address))
	answer = binary.BigEndian.AppendUint16(answer, stunSuccess)
	answer = binary.BigEndian.AppendUint16(answer, uint16(8+len(address)))
	answer = append(answer, data[4:stunHeader]...)
	answer = binary.BigEndian.AppendUint16(answer, stunMapped)
	answer = binary.BigEndian.AppendUint16(answer, uint16(4+len(address)))
	answer = append(answer, 0, family)
	answer = binary.BigEndian.AppendUint16(answer, remote.Port()^(stunCookie>>16))
	for i, octet := range address {
		answer = append(answer, octet^data[4+i]) // by cookie and transaction
	}
	return answer, true
}

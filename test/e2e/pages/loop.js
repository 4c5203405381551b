// No bridge: two connections in one page prove that this browser's microphone and ear work.
import './record.js';
import { Phone } from './phone.js';

class Loop extends Phone {
  async call() {
    const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
    const near = new RTCPeerConnection();
    const far = new RTCPeerConnection();
    near.onicecandidate = ({ candidate }) => far.addIceCandidate(candidate);
    far.onicecandidate = ({ candidate }) => near.addIceCandidate(candidate);
    far.oniceconnectionstatechange = () => {
      if (far.iceConnectionState === 'connected') this.move('established');
    };
    near.addTrack(microphone.getTracks()[0], microphone);
    await near.setLocalDescription();
    await far.setRemoteDescription(near.localDescription);
    await far.setLocalDescription();
    await near.setRemoteDescription(far.localDescription);
  }
}

window.phone = new Loop();

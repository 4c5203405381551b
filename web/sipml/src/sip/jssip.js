// @ts-check
// The parts of JsSIP that this library stands on: its message types, transactions, dialogs and its session. Some of
// them are not part of what JsSIP promises, which is why its version is fixed; they come in here alone, without types.
import JsSIP from 'jssip';
// @ts-expect-error: JsSIP has no types for its inner parts
import DigestAuthenticationModule from 'jssip/lib/DigestAuthentication.js';
// @ts-expect-error: as above
import RequestSenderModule from 'jssip/lib/RequestSender.js';
// @ts-expect-error: as above
import ReferNotifierModule from 'jssip/lib/RTCSession/ReferNotifier.js';
import RTCSessionModule from 'jssip/lib/RTCSession.js';
import SIPMessageModule from 'jssip/lib/SIPMessage.js';
// @ts-expect-error: as above
import TransactionsModule from 'jssip/lib/Transactions.js';
import UtilsModule from 'jssip/lib/Utils.js';

/** @type {any} */
const library = JsSIP;
/** @type {any} */
const utils = UtilsModule;

/** @type {any} */
export const UA = library.UA;
/** @type {any} */
export const URI = library.URI;
/** @type {any} */
export const NameAddrHeader = library.NameAddrHeader;
/** @type {any} */
export const WebSocketInterface = library.WebSocketInterface;
/** @type {any} */
export const DigestAuthentication = DigestAuthenticationModule;
/** @type {any} */
export const RequestSender = RequestSenderModule;
/** @type {any} */
export const RTCSession = RTCSessionModule;
/** @type {any} */
export const OutgoingRequest = SIPMessageModule.OutgoingRequest;
/** @type {any} */
export const ReferNotifier = ReferNotifierModule;
/** @type {any} */
export const Transactions = TransactionsModule;
/** @type {(text: string) => string} */
export const md5 = utils.calculateMD5;
/** @type {(length: number) => string} */
export const randomToken = utils.createRandomToken;

// @ts-check
// SIPml-api.js: what pages made for sipML5 2.1.4 load in its place. The names, arguments, return values, errors and
// the order of events are those of sipML5; beneath are JsSIP and the browser's WebRTC of today.
//
// A page makes a Stack (one user at one service) and from it sessions: a registration, a call, a message, a
// publication, a subscription. Each tells its news to one listener. Stack and sessions share a Core, which has the
// Agent: JsSIP's user agent on one WebSocket, which is made again when it is lost. Registration, Publish and Subscribe
// are Refreshed until they are taken back. A Call has a Conversation from its first request to its end, a CallMedia
// and Transfers.
//
// What sipML5 does not have is there for who asks for it: several listeners ({ beside: true }), the events
// reconnecting and reconnected, Call.attendedTransfer, Call.useDevices and the key devices, Call.getStats, and
// getDevices. Events that sipML5 names and never tells (stopping, failed_to_stop, i_request, o_request, sent_request of
// other sessions than registrations, cancelled_request, media_added, media_removed, global_error) go to who names them;
// who hears all by '*' hears what he did.
import { Call } from './call.js';
import * as environment from './environment.js';
import { Event, SessionEvent, StackEvent } from './event.js';
import { EventTarget } from './eventtarget.js';
import { log } from './log.js';
import { Message } from './message.js';
import { Publish } from './publish.js';
import { Registration } from './registration.js';
import { Session } from './session.js';
import { Stack } from './stack.js';
import { Subscribe } from './subscribe.js';

Object.assign(Stack, { Event: StackEvent });
Object.assign(Session, { Call, Event: SessionEvent, Message, Publish, Registration, Subscribe });

const { init, ...functions } = environment;

Object.assign(globalThis, {
  SIPml: {
    ...functions,
    init,
    Event,
    EventTarget,
    Session,
    Stack,
    /** @param {string} level info, warn, error or fatal */
    setDebugLevel: (level) => log.setLevel(level),
    /** Microphones, cameras and speakers, whose names are empty until the user has allowed one. */
    getDevices: () => navigator.mediaDevices.enumerateDevices(),
  },
});

// @ts-check
/**
 * How far a call is.
 *
 *   going out:  preparing -> calling -> ringing -> early -> up -> over
 *   coming in:  incoming -> answering -> up -> over
 *   after the page was loaded anew:  resuming -> up -> over
 *
 * Every state can go to over. early is ringing with sound from the other side; resuming takes back a call that the
 * page had before.
 */
export const CallState = Object.freeze({
  preparing: 'preparing',
  calling: 'calling',
  ringing: 'ringing',
  early: 'early',
  incoming: 'incoming',
  answering: 'answering',
  resuming: 'resuming',
  up: 'up',
  over: 'over',
});

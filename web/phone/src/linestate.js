// @ts-check
/**
 * How the line to the service stands.
 *
 *   off -> connecting -> registering -> registered
 *   off -> connecting -> open                                     (who does not register calls, and is not called)
 *   connecting, registering, registered -> lost -> registering    (JsSIP connects again)
 *   open -> lost -> open
 *   registering, registered -> failed                             (refused; tried again only if waiting can help)
 *   failed -> registering
 *
 * Every state can go to off.
 */
export const LineState = Object.freeze({
  off: 'off',
  connecting: 'connecting',
  registering: 'registering',
  registered: 'registered',
  open: 'open',
  lost: 'lost',
  failed: 'failed',
});

// @ts-check
/**
 * How the line to the service stands.
 *
 *   off -> connecting -> registering -> registered
 *   connecting, registering, registered -> lost -> registering    (JsSIP connects again)
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
  lost: 'lost',
  failed: 'failed',
});

/**
 * @file session_timer.h  Session timers (RFC 4028), as a peer asks for them
 *
 * libre's sessions call these; patches/re/src/sipsess has the calls.
 */

struct sipsess;

int  session_timer_print(struct re_printf *pf, const struct sipsess *sess);
int  session_timer_print_reply(struct re_printf *pf,
			       const struct sipsess *sess);
void session_timer_requested(struct sipsess *sess, const struct sip_msg *msg);
void session_timer_answered(struct sipsess *sess, const struct sip_msg *msg);
bool session_timer_too_small(struct sipsess *sess, const struct sip_msg *msg);
void session_timer_stop(const struct sipsess *sess);

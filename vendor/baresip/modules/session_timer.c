/**
 * @file session_timer.c  Session timers (RFC 4028), as a peer asks for them
 *
 * The agent asks for no timer of its own accord. Where a peer does, in an
 * INVITE, an UPDATE or a 200, its timer is taken with any interval. As the
 * refresher the agent sends an UPDATE when half of the interval is over, or a
 * re-INVITE where the peer does not allow UPDATE. A call that was not
 * refreshed in time is ended with a BYE.
 */
#include <errno.h>
#include <re.h>
#include <baresip.h>
#include "sipsess.h"
#include "session_timer.h"


struct session_timer {
	struct le le;
	struct sipsess *sess;
	struct sip_request *req;    /* an UPDATE on its way              */
	struct sip_loopstate ls;
	struct tmr tmr;
	uint32_t interval;          /* seconds                           */
	uint32_t min_se;            /* the least that the peer takes     */
	bool active;                /* both sides know of it             */
	bool ours;                  /* we refresh                        */
	bool sent;                  /* a refresh, not answered yet       */
	bool require;               /* the peer knows timers             */
	bool update;                /* the peer allows UPDATE            */
};


static struct list timers;


static void destructor(void *arg)
{
	struct session_timer *st = arg;

	list_unlink(&st->le);
	tmr_cancel(&st->tmr);
	mem_deref(st->req);
}


static struct session_timer *find(const struct sipsess *sess)
{
	struct le *le;

	LIST_FOREACH(&timers, le) {
		struct session_timer *st = le->data;

		if (st->sess == sess)
			return st;
	}

	return NULL;
}


static struct session_timer *find_or_make(struct sipsess *sess)
{
	struct session_timer *st = find(sess);

	if (st)
		return st;

	st = mem_zalloc(sizeof(*st), destructor);
	if (!st)
		return NULL;

	tmr_init(&st->tmr);
	st->sess = sess;
	list_append(&timers, &st->le, st);

	return st;
}


static uint32_t seconds(const struct sip_msg *msg, enum sip_hdrid id)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, id);
	struct pl pl;

	/* parameters may follow */
	if (!hdr || re_regex(hdr->val.p, hdr->val.l, "[0-9]+", &pl))
		return 0;

	return pl_u32(&pl);
}


/* None, uac or uas */
static bool refresher_is(const struct sip_msg *msg, const char *who)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_SESSION_EXPIRES);
	struct pl pl;

	return hdr && !msg_param_decode(&hdr->val, "refresher", &pl) &&
		!pl_strcasecmp(&pl, who);
}


static void expired(struct session_timer *st, const char *what)
{
	info("session timer: %s within %u s: the call is ended\n", what,
	     st->interval);

	/* ends this timer as well */
	sipsess_terminate(st->sess, ETIME, NULL);
}


static void refresh(struct session_timer *st);


static void update_resp_handler(int err, const struct sip_msg *msg, void *arg)
{
	struct session_timer *st = arg;
	struct sipsess *sess = st->sess;

	if (err == ETIMEDOUT) {
		sipsess_terminate(sess, err, NULL);
		return;
	}

	if (err || !msg || msg->scode < 200)
		return;

	if (msg->scode < 300) {
		(void)sip_dialog_update(sess->dlg, msg);
		session_timer_answered(sess, msg);
		return;
	}

	if (sip_request_loops(&st->ls, msg->scode))
		return;

	switch (msg->scode) {

	case 401:
	case 407:
		if (!sip_auth_authenticate(sess->auth, msg))
			refresh(st);
		break;

	case 408:
	case 481:
		sipsess_terminate(sess, 0, msg);
		break;

	case 422:
		if (session_timer_too_small(sess, msg))
			refresh(st);
		break;

	default:
		st->update = false;
		refresh(st);
		break;
	}
}


static int contact_handler(enum sip_transp tp, struct sa *src,
			   const struct sa *dst, struct mbuf *mb,
			   struct mbuf **contp, void *arg)
{
	struct session_timer *st = arg;
	struct sip_contact contact;
	(void)dst;
	(void)contp;

	sip_contact_set(&contact, st->sess->cuser, src, tp);

	return mbuf_printf(mb, "%H", sip_contact_print, &contact);
}


static void refresh(struct session_timer *st)
{
	struct sipsess *sess = st->sess;
	int err;

	if (st->update)
		err = sip_drequestf(&st->req, sess->sip, true, "UPDATE",
				    sess->dlg, 0, sess->auth, contact_handler,
				    update_resp_handler, st,
				    "%H"
				    "Content-Length: 0\r\n"
				    "\r\n",
				    session_timer_print, sess);
	else
		/* the session's owner is a call: nothing else has sessions */
		err = call_modify(sess->arg);

	if (err)
		warning("session timer: the call can't be refreshed: %m\n",
			err);
}


static void tmr_handler(void *arg)
{
	struct session_timer *st = arg;

	if (!st->ours) {
		expired(st, "the peer did not refresh the call");
		return;
	}

	if (st->sent) {
		expired(st, "the peer accepted no refresh");
		return;
	}

	st->sent = true;
	tmr_start(&st->tmr, st->interval * UINT64_C(500), tmr_handler, st);
	sip_loopstate_reset(&st->ls);
	refresh(st);
}


/* Begins the interval, again where it has begun before */
static void start(struct session_timer *st)
{
	uint64_t ms = st->interval * UINT64_C(1000);

	st->active = true;
	st->sent   = false;

	if (st->ours)
		ms /= 2;
	else
		/* RFC 4028 section 10: a BYE while the peer still has it */
		ms -= MIN(ms / 3, 32000);

	tmr_start(&st->tmr, ms, tmr_handler, st);
}


static void note_update(struct session_timer *st, const struct sip_msg *msg)
{
	if (sip_msg_hdr(msg, SIP_HDR_ALLOW))
		st->update = sip_msg_hdr_has_value(msg, SIP_HDR_ALLOW,
						   "UPDATE");
}


/**
 * Print what an INVITE or UPDATE of ours says of the session's timer
 *
 * @param pf   Print function
 * @param sess SIP Session
 *
 * @return 0 if success, otherwise errorcode
 */
int session_timer_print(struct re_printf *pf, const struct sipsess *sess)
{
	const struct session_timer *st = find(sess);
	int err = 0;

	/* baresip writes it into the first INVITE, with all that it knows */
	if (sess->established)
		err = re_hprintf(pf, "Supported: timer\r\n");

	if (!st || !st->interval)
		return err;

	err |= re_hprintf(pf, "Session-Expires: %u%s\r\n", st->interval,
			  !st->active ? "" :
			  st->ours ? ";refresher=uac" : ";refresher=uas");
	if (st->min_se)
		err |= re_hprintf(pf, "Min-SE: %u\r\n", st->min_se);

	return err;
}


/**
 * Print what our 200 says of the timer that the request asked for
 *
 * @param pf   Print function
 * @param sess SIP Session
 *
 * @return 0 if success, otherwise errorcode
 */
int session_timer_print_reply(struct re_printf *pf,
			      const struct sipsess *sess)
{
	const struct session_timer *st = find(sess);

	if (!st || !st->active)
		return 0;

	return re_hprintf(pf, "%sSession-Expires: %u;refresher=%s\r\n",
			  st->require ? "Require: timer\r\n" : "",
			  st->interval, st->ours ? "uas" : "uac");
}


/**
 * Take the timer of an INVITE or UPDATE that we are about to answer with 200
 *
 * @param sess SIP Session
 * @param msg  Request
 */
void session_timer_requested(struct sipsess *sess, const struct sip_msg *msg)
{
	const uint32_t interval = seconds(msg, SIP_HDR_SESSION_EXPIRES);
	struct session_timer *st;

	if (!interval) {
		session_timer_stop(sess);
		return;
	}

	st = find_or_make(sess);
	if (!st)
		return;

	note_update(st, msg);
	st->interval = interval;
	st->min_se   = seconds(msg, SIP_HDR_MIN_SE);
	st->require  = sip_msg_hdr_has_value(msg, SIP_HDR_SUPPORTED, "timer")
		|| sip_msg_hdr_has_value(msg, SIP_HDR_REQUIRE, "timer");
	/* who knows no timers can't refresh: a proxy asked for this one */
	st->ours = !st->require || refresher_is(msg, "uas");

	start(st);
}


/**
 * Take what the 2xx to our INVITE or UPDATE says of the session's timer
 *
 * @param sess SIP Session
 * @param msg  Response
 */
void session_timer_answered(struct sipsess *sess, const struct sip_msg *msg)
{
	const uint32_t interval = seconds(msg, SIP_HDR_SESSION_EXPIRES);
	struct session_timer *st;

	if (!interval) {
		session_timer_stop(sess);
		return;
	}

	st = find_or_make(sess);
	if (!st)
		return;

	note_update(st, msg);
	st->interval = interval;
	st->ours     = !refresher_is(msg, "uas");

	start(st);
}


/**
 * Take the interval that the peer's 422 asks for
 *
 * @param sess SIP Session
 * @param msg  Response
 *
 * @return True if the request is to be sent again with it
 */
bool session_timer_too_small(struct sipsess *sess, const struct sip_msg *msg)
{
	const uint32_t min_se = seconds(msg, SIP_HDR_MIN_SE);
	struct session_timer *st;

	if (!min_se)
		return false;

	st = find_or_make(sess);
	if (!st || min_se <= st->interval)
		return false;

	st->min_se   = min_se;
	st->interval = min_se;

	return true;
}


/**
 * End the session's timer, if it has one
 *
 * @param sess SIP Session
 */
void session_timer_stop(const struct sipsess *sess)
{
	mem_deref(find(sess));
}

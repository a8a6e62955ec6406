/**
 * @file listener.c  Hands the audio of calls to the program around baresip
 *
 * The program registers functions before baresip starts. They get the sound of
 * each call, sent and received, at the codec's rate, as an audio filter sees
 * it; the sent one they may change. What they find out comes back through
 * telefonist_listener_say(), from any thread, and becomes an event.
 *
 * Load it before the recorder, so that what it adds is recorded.
 *
 * Command: listen TEXT, handed on; the first may stand in the configuration:
 *
 \verbatim
  listener_setup  TEXT
 \endverbatim
 *
 * Event: MODULE "listener,TEXT", of the call.
 */
#include <string.h>
#include <re.h>
#include <rem.h>
#include <baresip.h>
#include "listener.h"


struct enc_st {
	struct aufilt_enc_st af;    /* base class */
	const struct audio *au;
	void *ear;
	bool failed;
};

struct dec_st {
	struct aufilt_dec_st af;    /* base class */
	void *ear;
	bool failed;
};

/* News of a call, for the main thread. */
struct news {
	char *callid;
	char *text;
};


static const struct telefonist_listener *listener;
static struct mqueue *mq;
static mtx_t lock;              /* of mq: other threads say something */
static once_flag once = ONCE_FLAG_INIT;


static void make_lock(void)
{
	(void)mtx_init(&lock, mtx_plain);
}


static void news_destructor(void *arg)
{
	struct news *n = arg;

	mem_deref(n->callid);
	mem_deref(n->text);
}


static struct call *find_call(const char *id, const struct audio *au)
{
	for (struct le *u = list_head(uag_list()); u; u = u->next) {
		struct le *c = list_head(ua_calls(u->data));

		for (; c; c = c->next) {
			if (id ? 0 == str_cmp(call_id(c->data), id)
			    : call_audio(c->data) == au)
				return c->data;
		}
	}

	return NULL;
}


/* In the main thread. A call that is over has nothing more to tell. */
static void mqueue_handler(int id, void *data, void *arg)
{
	struct news *n = data;
	struct call *call = find_call(n->callid, NULL);
	(void)id;
	(void)arg;

	if (call)
		module_event("listener", n->text, NULL, call, "%s", "");

	mem_deref(n);
}


/**
 * Set the functions that get the audio. To be called before baresip starts
 *
 * @param l Functions; they stay valid
 */
void telefonist_listener_set(const struct telefonist_listener *l)
{
	listener = l;
}


/**
 * Say something of a call, from any thread
 *
 * @param callid Its id
 * @param text   What becomes the event's text
 */
void telefonist_listener_say(const char *callid, const char *text)
{
	struct news *n = mem_zalloc(sizeof(*n), news_destructor);
	int err = n ? 0 : ENOMEM;

	call_once(&once, make_lock);
	if (!err)
		err = str_dup(&n->callid, callid);
	if (!err)
		err = str_dup(&n->text, text);

	mtx_lock(&lock);
	if (!err)
		err = mq ? mqueue_push(mq, 0, n) : ENOENT;
	mtx_unlock(&lock);

	if (err)
		mem_deref(n);
}


static void *open_ear(const struct audio *au, bool sent)
{
	const struct call *call = find_call(NULL, au);

	return call ? listener->open(call_id(call), sent) : NULL;
}


static void enc_destructor(void *arg)
{
	struct enc_st *st = arg;

	list_unlink(&st->af.le);
	if (st->ear)
		listener->close(st->ear);
}


static void dec_destructor(void *arg)
{
	struct dec_st *st = arg;

	list_unlink(&st->af.le);
	if (st->ear)
		listener->close(st->ear);
}


static int encode_update(struct aufilt_enc_st **stp, void **ctx,
			 const struct aufilt *af, struct aufilt_prm *prm,
			 const struct audio *au)
{
	struct enc_st *st = mem_zalloc(sizeof(*st), enc_destructor);
	(void)ctx;
	(void)af;
	(void)prm;

	if (!st)
		return ENOMEM;

	st->au  = au;
	st->ear = open_ear(au, true);
	*stp = &st->af;

	return 0;
}


static int decode_update(struct aufilt_dec_st **stp, void **ctx,
			 const struct aufilt *af, struct aufilt_prm *prm,
			 const struct audio *au)
{
	struct dec_st *st = mem_zalloc(sizeof(*st), dec_destructor);
	(void)ctx;
	(void)af;
	(void)prm;

	if (!st)
		return ENOMEM;

	st->ear = open_ear(au, false);
	*stp = &st->af;

	return 0;
}


static void hand_on(void *ear, bool *failed, struct auframe *af, bool muted)
{
	if (!ear || *failed || !af->sampc)
		return;

	if (af->fmt != AUFMT_S16LE || !af->ch) {
		*failed = true;
		warning("listener: can't listen to samples in the format"
			" %s\n", aufmt_name(af->fmt));
		return;
	}

	listener->frame(ear, af->sampv, af->sampc, af->srate, af->ch, muted);
}


static int encode(struct aufilt_enc_st *base, struct auframe *af)
{
	struct enc_st *st = (struct enc_st *)base;

	hand_on(st->ear, &st->failed, af, audio_ismuted(st->au));
	return 0;
}


static int decode(struct aufilt_dec_st *base, struct auframe *af)
{
	struct dec_st *st = (struct dec_st *)base;

	hand_on(st->ear, &st->failed, af, false);
	return 0;
}


static int cmd_listen(struct re_printf *pf, void *arg)
{
	const struct cmd_arg *carg = arg;
	char why[256] = "";
	int err;

	err = listener->command(carg->prm ? carg->prm : "", why, sizeof(why));
	if (why[0])
		(void)re_hprintf(pf, "%s\n", why);

	return err;
}


static const struct cmd cmdv[] = {
	{"listen", 0, CMD_PRM, "Listen for something in a call", cmd_listen},
};


static struct aufilt filter = {
	.name    = "listener",
	.encupdh = encode_update,
	.ench    = encode,
	.decupdh = decode_update,
	.dech    = decode,
};


static int module_init(void)
{
	char text[256], why[256] = "";
	int err;

	/* baresip as a program of its own has nobody who listens */
	if (!listener)
		return ENOSYS;

	call_once(&once, make_lock);
	err = mqueue_alloc(&mq, mqueue_handler, NULL);
	if (err)
		return err;

	if (0 == conf_get_str(conf_cur(), "listener_setup", text,
			      sizeof(text))) {
		err = listener->command(text, why, sizeof(why));
		if (err) {
			warning("listener: %s\n", why);
			return err;
		}
	}

	aufilt_register(baresip_aufiltl(), &filter);

	return cmd_register(baresip_commands(), cmdv, RE_ARRAY_SIZE(cmdv));
}


static int module_close(void)
{
	cmd_unregister(baresip_commands(), cmdv);
	aufilt_unregister(&filter);

	mtx_lock(&lock);
	mq = mem_deref(mq);
	mtx_unlock(&lock);

	return 0;
}


EXPORT_SYM const struct mod_export DECL_EXPORTS(listener) = {
	"listener",
	"filter",
	module_init,
	module_close,
};

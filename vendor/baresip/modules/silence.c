/**
 * @file silence.c  Audio source that makes silence, for as long as a call is
 *
 * A timer of the main loop hands on a packet's samples each ptime: no thread,
 * no file.
 */
#include <errno.h>
#include <re.h>
#include <rem.h>
#include <baresip.h>


enum {
	/* What an agent that was stopped for longer leaves out, ms */
	CATCH_UP = 1000,
};


struct ausrc_st {
	struct ausrc_prm prm;
	struct tmr tmr;
	uint64_t due;               /* the next packet, ms               */
	uint64_t start;
	void *sampv;
	size_t sampc;
	ausrc_read_h *rh;
	void *arg;
};


static struct ausrc *ausrc;


static void destructor(void *arg)
{
	struct ausrc_st *st = arg;

	tmr_cancel(&st->tmr);
	mem_deref(st->sampv);
}


static void tmr_handler(void *arg)
{
	struct ausrc_st *st = arg;
	const uint64_t now = tmr_jiffies();

	if (now > st->due + CATCH_UP)
		st->due = now;

	for (; st->due <= now; st->due += st->prm.ptime) {
		struct auframe af;

		auframe_init(&af, st->prm.fmt, st->sampv, st->sampc,
			     st->prm.srate, st->prm.ch);
		af.timestamp = (st->due - st->start) * 1000;

		st->rh(&af, st->arg);
	}

	tmr_start(&st->tmr, st->due - now, tmr_handler, st);
}


static int alloc_handler(struct ausrc_st **stp, const struct ausrc *as,
			 struct ausrc_prm *prm, const char *dev,
			 ausrc_read_h *rh, ausrc_error_h *errh, void *arg)
{
	struct ausrc_st *st;
	(void)dev;
	(void)errh;

	if (!stp || !as || !prm || !rh)
		return EINVAL;

	st = mem_zalloc(sizeof(*st), destructor);
	if (!st)
		return ENOMEM;

	st->prm = *prm;
	if (!st->prm.ptime)
		st->prm.ptime = 20;

	st->rh    = rh;
	st->arg   = arg;
	st->sampc = (size_t)prm->srate * prm->ch * st->prm.ptime / 1000;
	st->sampv = mem_zalloc(st->sampc * aufmt_sample_size(prm->fmt), NULL);
	if (!st->sampv) {
		mem_deref(st);
		return ENOMEM;
	}

	st->start = tmr_jiffies();
	st->due   = st->start + st->prm.ptime;
	tmr_start(&st->tmr, st->prm.ptime, tmr_handler, st);

	*stp = st;

	return 0;
}


static int module_init(void)
{
	return ausrc_register(&ausrc, baresip_ausrcl(), "silence",
			      alloc_handler);
}


static int module_close(void)
{
	ausrc = mem_deref(ausrc);

	return 0;
}


EXPORT_SYM const struct mod_export DECL_EXPORTS(silence) = {
	"silence",
	"ausrc",
	module_init,
	module_close,
};

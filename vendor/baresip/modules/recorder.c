/**
 * @file recorder.c  Audio filter that writes each call's audio to WAV files
 *
 * Load it after the other filters: it then sees what goes into the encoder
 * and what came out of the decoder, at the codec's rate and channels.
 *
 \verbatim
  module        recorder.so
  snd_path      /path/of/a/folder
 \endverbatim
 *
 * Files: dump-CALLID-N-enc.wav (sent) and dump-CALLID-N-dec.wav (received).
 * N counts up, for hold and resume make new filters in the middle of a call.
 * No audio, no file; an existing file is never overwritten.
 * Events: MODULE "recorder,open,PATH" and "recorder,close,PATH".
 */
#include <re.h>
#include <rem.h>
#include <baresip.h>
#include "track.h"


struct enc_st {
	struct aufilt_enc_st af;    /* base class */
	struct track *t;
};

struct dec_st {
	struct aufilt_dec_st af;    /* base class */
	struct track *t;
};


static void enc_destructor(void *arg)
{
	struct enc_st *st = arg;

	list_unlink(&st->af.le);
	mem_deref(st->t);
}


static void dec_destructor(void *arg)
{
	struct dec_st *st = arg;

	list_unlink(&st->af.le);
	mem_deref(st->t);
}


static int encode_update(struct aufilt_enc_st **stp, void **ctx,
			 const struct aufilt *af, struct aufilt_prm *prm,
			 const struct audio *au)
{
	struct enc_st *st = mem_zalloc(sizeof(*st), enc_destructor);
	int err = st ? track_alloc(&st->t, au, true) : ENOMEM;
	(void)ctx;
	(void)af;
	(void)prm;

	if (err)
		mem_deref(st);
	else
		*stp = &st->af;

	return err;
}


static int decode_update(struct aufilt_dec_st **stp, void **ctx,
			 const struct aufilt *af, struct aufilt_prm *prm,
			 const struct audio *au)
{
	struct dec_st *st = mem_zalloc(sizeof(*st), dec_destructor);
	int err = st ? track_alloc(&st->t, au, false) : ENOMEM;
	(void)ctx;
	(void)af;
	(void)prm;

	if (err)
		mem_deref(st);
	else
		*stp = &st->af;

	return err;
}


static int encode(struct aufilt_enc_st *st, struct auframe *af)
{
	track_write(((struct enc_st *)st)->t, af);
	return 0;
}


static int decode(struct aufilt_dec_st *st, struct auframe *af)
{
	track_write(((struct dec_st *)st)->t, af);
	return 0;
}


static struct aufilt recorder = {
	.name    = "recorder",
	.encupdh = encode_update,
	.ench    = encode,
	.decupdh = decode_update,
	.dech    = decode,
};


static int module_init(void)
{
	char path[512] = ".";
	int err;

	(void)conf_get_str(conf_cur(), "snd_path", path, sizeof(path));
	err = track_init(path);
	if (err)
		return err;

	aufilt_register(baresip_aufiltl(), &recorder);

	return 0;
}


static int module_close(void)
{
	aufilt_unregister(&recorder);
	track_close();

	return 0;
}


EXPORT_SYM const struct mod_export DECL_EXPORTS(recorder) = {
	"recorder",
	"filter",
	module_init,
	module_close,
};

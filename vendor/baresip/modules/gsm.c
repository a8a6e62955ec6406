/**
 * @file gsm.c  GSM 06.10 full rate, by libgsm
 *
 * RFC 3551 section 4.5.8.1: 33 bytes for each 20 ms, static payload type 3.
 */
#include <string.h>
#include <gsm.h>
#include <re.h>
#include <rem_au.h>
#include <baresip.h>


enum { SAMPLES = 160, BYTES = sizeof(gsm_frame) };


struct auenc_state {
	gsm gsm;
};

struct audec_state {
	gsm gsm;
};


static void enc_destructor(void *arg)
{
	struct auenc_state *st = arg;

	if (st->gsm)
		gsm_destroy(st->gsm);
}


static void dec_destructor(void *arg)
{
	struct audec_state *st = arg;

	if (st->gsm)
		gsm_destroy(st->gsm);
}


static int encode_update(struct auenc_state **stp, const struct aucodec *ac,
			 struct auenc_param *prm, const char *fmtp)
{
	struct auenc_state *st;
	(void)ac;
	(void)prm;
	(void)fmtp;

	if (*stp)
		return 0;

	st = mem_zalloc(sizeof(*st), enc_destructor);
	if (!st)
		return ENOMEM;

	st->gsm = gsm_create();
	if (!st->gsm) {
		mem_deref(st);
		return ENOMEM;
	}

	*stp = st;
	return 0;
}


static int decode_update(struct audec_state **stp, const struct aucodec *ac,
			 const char *fmtp)
{
	struct audec_state *st;
	(void)ac;
	(void)fmtp;

	if (*stp)
		return 0;

	st = mem_zalloc(sizeof(*st), dec_destructor);
	if (!st)
		return ENOMEM;

	st->gsm = gsm_create();
	if (!st->gsm) {
		mem_deref(st);
		return ENOMEM;
	}

	*stp = st;
	return 0;
}


static int encode(struct auenc_state *st, bool *marker, uint8_t *buf,
		  size_t *len, int fmt, const void *sampv, size_t sampc)
{
	const gsm_signal *in = sampv;
	const size_t framec = sampc / SAMPLES;
	(void)marker;

	if (fmt != AUFMT_S16LE)
		return ENOTSUP;
	if (sampc % SAMPLES)
		return EINVAL;
	if (*len < framec * BYTES)
		return ENOMEM;

	for (size_t i = 0; i < framec; i++) {
		gsm_signal frame[SAMPLES];

		memcpy(frame, &in[i * SAMPLES], sizeof(frame));
		gsm_encode(st->gsm, frame, &buf[i * BYTES]);
	}

	*len = framec * BYTES;
	return 0;
}


static int decode(struct audec_state *st, int fmt, void *sampv, size_t *sampc,
		  bool marker, const uint8_t *buf, size_t len)
{
	gsm_signal *out = sampv;
	const size_t framec = len / BYTES;
	(void)marker;

	if (fmt != AUFMT_S16LE)
		return ENOTSUP;
	if (len % BYTES)
		return EBADMSG;
	if (*sampc < framec * SAMPLES)
		return ENOMEM;

	for (size_t i = 0; i < framec; i++) {
		gsm_frame frame;

		memcpy(frame, &buf[i * BYTES], sizeof(frame));
		if (gsm_decode(st->gsm, frame, &out[i * SAMPLES]))
			return EBADMSG;
	}

	*sampc = framec * SAMPLES;
	return 0;
}


static struct aucodec gsm_codec = {
	.pt      = "3",
	.name    = "GSM",
	.srate   = 8000,
	.crate   = 8000,
	.ch      = 1,
	.pch     = 1,
	.encupdh = encode_update,
	.ench    = encode,
	.decupdh = decode_update,
	.dech    = decode,
};


static int module_init(void)
{
	aucodec_register(baresip_aucodecl(), &gsm_codec);
	return 0;
}


static int module_close(void)
{
	aucodec_unregister(&gsm_codec);
	return 0;
}


EXPORT_SYM const struct mod_export DECL_EXPORTS(gsm) = {
	"gsm",
	"codec",
	module_init,
	module_close,
};

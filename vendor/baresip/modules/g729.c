/**
 * @file g729.c  G.729 Annex A, by bcg729
 *
 * RFC 3551 section 4.5.6: 10 bytes for each 10 ms, static payload type 18.
 * Comfort noise of a peer (Annex B: two bytes at the end) is decoded, and
 * none is sent.
 */
#include <bcg729/decoder.h>
#include <bcg729/encoder.h>
#include <re.h>
#include <rem_au.h>
#include <baresip.h>


enum { SAMPLES = 80, BYTES = 10, NOISE_BYTES = 2 };


struct auenc_state {
	bcg729EncoderChannelContextStruct *g729;
};

struct audec_state {
	bcg729DecoderChannelContextStruct *g729;
	size_t framec;              /* in the last packet */
};


static void enc_destructor(void *arg)
{
	struct auenc_state *st = arg;

	if (st->g729)
		closeBcg729EncoderChannel(st->g729);
}


static void dec_destructor(void *arg)
{
	struct audec_state *st = arg;

	if (st->g729)
		closeBcg729DecoderChannel(st->g729);
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

	st->g729 = initBcg729EncoderChannel(0);
	if (!st->g729) {
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

	st->g729 = initBcg729DecoderChannel();
	if (!st->g729) {
		mem_deref(st);
		return ENOMEM;
	}

	*stp = st;
	return 0;
}


static int encode(struct auenc_state *st, bool *marker, uint8_t *buf,
		  size_t *len, int fmt, const void *sampv, size_t sampc)
{
	const int16_t *in = sampv;
	const size_t framec = sampc / SAMPLES;
	(void)marker;

	if (fmt != AUFMT_S16LE)
		return ENOTSUP;
	if (sampc % SAMPLES)
		return EINVAL;
	if (*len < framec * BYTES)
		return ENOMEM;

	for (size_t i = 0; i < framec; i++) {
		uint8_t n;

		bcg729Encoder(st->g729, &in[i * SAMPLES], &buf[i * BYTES], &n);
	}

	*len = framec * BYTES;
	return 0;
}


static int decode(struct audec_state *st, int fmt, void *sampv, size_t *sampc,
		  bool marker, const uint8_t *buf, size_t len)
{
	int16_t *out = sampv;
	const size_t speech = len / BYTES, noise = len % BYTES;
	const size_t framec = speech + !!noise;
	(void)marker;

	if (fmt != AUFMT_S16LE)
		return ENOTSUP;
	if (noise && noise != NOISE_BYTES)
		return EBADMSG;
	if (*sampc < framec * SAMPLES)
		return ENOMEM;

	for (size_t i = 0; i < framec; i++) {
		const bool is_noise = i == speech;

		bcg729Decoder(st->g729, &buf[i * BYTES],
			      is_noise ? NOISE_BYTES : BYTES, 0, is_noise, 0,
			      &out[i * SAMPLES]);
	}

	st->framec = framec;
	*sampc = framec * SAMPLES;
	return 0;
}


/* A lost packet: as long as the one before. */
static int conceal(struct audec_state *st, int fmt, void *sampv, size_t *sampc,
		   const uint8_t *buf, size_t len)
{
	int16_t *out = sampv;
	(void)buf;
	(void)len;

	if (fmt != AUFMT_S16LE)
		return ENOTSUP;
	if (*sampc < st->framec * SAMPLES)
		return ENOMEM;

	for (size_t i = 0; i < st->framec; i++)
		bcg729Decoder(st->g729, NULL, 0, 1, 0, 0, &out[i * SAMPLES]);

	*sampc = st->framec * SAMPLES;
	return 0;
}


static struct aucodec g729_codec = {
	.pt      = "18",
	.name    = "G729",
	.srate   = 8000,
	.crate   = 8000,
	.ch      = 1,
	.pch     = 1,
	.encupdh = encode_update,
	.ench    = encode,
	.decupdh = decode_update,
	.dech    = decode,
	.plch    = conceal,
};


static int module_init(void)
{
	aucodec_register(baresip_aucodecl(), &g729_codec);
	return 0;
}


static int module_close(void)
{
	aucodec_unregister(&g729_codec);
	return 0;
}


EXPORT_SYM const struct mod_export DECL_EXPORTS(g729) = {
	"g729",
	"codec",
	module_init,
	module_close,
};

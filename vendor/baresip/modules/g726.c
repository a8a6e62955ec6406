/**
 * @file g726.c  G.726 at 40, 32, 24 and 16 kbit/s, by spandsp
 *
 * RFC 3551 section 4.5.4: the first code word is in the lowest bits of an
 * octet. The other packing is called AAL2-G726, and is not offered here.
 */
#include <re.h>
#include <rem_au.h>
#include <baresip.h>
#include <spandsp.h>


struct g726_codec {
	struct aucodec ac;
	unsigned bits;              /* of a sample */
};

struct auenc_state {
	g726_state_t *g726;
	unsigned bits;
};

struct audec_state {
	g726_state_t *g726;
	unsigned bits;
};


static void enc_destructor(void *arg)
{
	struct auenc_state *st = arg;

	if (st->g726)
		g726_free(st->g726);
}


static void dec_destructor(void *arg)
{
	struct audec_state *st = arg;

	if (st->g726)
		g726_free(st->g726);
}


static g726_state_t *state_new(unsigned bits)
{
	return g726_init(NULL, (int)bits * 8000, G726_ENCODING_LINEAR,
			 G726_PACKING_RIGHT);
}


static int encode_update(struct auenc_state **stp, const struct aucodec *ac,
			 struct auenc_param *prm, const char *fmtp)
{
	struct auenc_state *st;
	(void)prm;
	(void)fmtp;

	if (*stp)
		return 0;

	st = mem_zalloc(sizeof(*st), enc_destructor);
	if (!st)
		return ENOMEM;

	st->bits = ((const struct g726_codec *)ac)->bits;
	st->g726 = state_new(st->bits);
	if (!st->g726) {
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
	(void)fmtp;

	if (*stp)
		return 0;

	st = mem_zalloc(sizeof(*st), dec_destructor);
	if (!st)
		return ENOMEM;

	st->bits = ((const struct g726_codec *)ac)->bits;
	st->g726 = state_new(st->bits);
	if (!st->g726) {
		mem_deref(st);
		return ENOMEM;
	}

	*stp = st;
	return 0;
}


static int encode(struct auenc_state *st, bool *marker, uint8_t *buf,
		  size_t *len, int fmt, const void *sampv, size_t sampc)
{
	(void)marker;

	if (fmt != AUFMT_S16LE)
		return ENOTSUP;
	/* eight samples fill whole octets at every rate */
	if (sampc % 8)
		return EINVAL;
	if (*len < sampc / 8 * st->bits)
		return ENOMEM;

	*len = (size_t)g726_encode(st->g726, buf, sampv, (int)sampc);
	return 0;
}


static int decode(struct audec_state *st, int fmt, void *sampv, size_t *sampc,
		  bool marker, const uint8_t *buf, size_t len)
{
	(void)marker;

	if (fmt != AUFMT_S16LE)
		return ENOTSUP;
	if (*sampc < len * 8 / st->bits + 1)
		return ENOMEM;

	*sampc = (size_t)g726_decode(st->g726, sampv, buf, (int)len);
	return 0;
}


#define G726(kbits, sample_bits) {              \
	.ac = {                                 \
		.name    = "G726-" kbits,       \
		.srate   = 8000,                \
		.crate   = 8000,                \
		.ch      = 1,                   \
		.pch     = 1,                   \
		.encupdh = encode_update,       \
		.ench    = encode,              \
		.decupdh = decode_update,       \
		.dech    = decode,              \
	},                                      \
	.bits = sample_bits,                    \
}


static struct g726_codec codecs[] = {
	G726("40", 5), G726("32", 4), G726("24", 3), G726("16", 2),
};


static int module_init(void)
{
	for (size_t i = 0; i < RE_ARRAY_SIZE(codecs); i++)
		aucodec_register(baresip_aucodecl(), &codecs[i].ac);

	return 0;
}


static int module_close(void)
{
	for (size_t i = 0; i < RE_ARRAY_SIZE(codecs); i++)
		aucodec_unregister(&codecs[i].ac);

	return 0;
}


EXPORT_SYM const struct mod_export DECL_EXPORTS(g726) = {
	"g726",
	"codec",
	module_init,
	module_close,
};

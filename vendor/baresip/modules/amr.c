/**
 * @file amr.c  AMR and AMR-WB, by opencore-amr and vo-amrwbenc
 *
 * In place of baresip's module of this name, whose calls share one state, and
 * which trusts the lengths of received payloads.
 *
 * RFC 4867: the highest rate that the peer's mode-set allows; both formats of
 * the payload, bandwidth-efficient in an own offer. No discontinuous
 * transmission; CRCs, sorting and interleaving are refused.
 */
#include <opencore-amrnb/interf_dec.h>
#include <opencore-amrnb/interf_enc.h>
#include <opencore-amrwb/dec_if.h>
#include <vo-amrwbenc/enc_if.h>
#include <re.h>
#include <rem_au.h>
#include <baresip.h>
#include "amr_payload.h"


/* of 20 ms */
enum { NARROW_SAMPLES = 160, WIDE_SAMPLES = 320 };
enum { NARROW_MODES = 8, WIDE_MODES = 9 };


struct auenc_state {
	void *amr;
	bool wide;
	bool aligned;
	int mode;
};

struct audec_state {
	void *amr;
	bool wide;
	size_t framec;              /* in the last packet */
};


static bool is_wide(const struct aucodec *ac)
{
	return ac->srate == 16000;
}


static size_t frame_samples(bool wide)
{
	return wide ? WIDE_SAMPLES : NARROW_SAMPLES;
}


static bool parameter(const char *fmtp, const char *name, struct pl *value)
{
	struct pl pl;

	pl_set_str(&pl, fmtp ? fmtp : "");
	return fmt_param_get(&pl, name, value);
}


static bool is_one(const char *fmtp, const char *name)
{
	struct pl value;

	return parameter(fmtp, name, &value) && 0 == pl_strcmp(&value, "1");
}


/* The highest mode that the peer takes */
static int highest_mode(const char *fmtp, int modes)
{
	struct pl set, number;
	int best = -1;

	if (!parameter(fmtp, "mode-set", &set))
		return modes - 1;

	while (0 == re_regex(set.p, set.l, "[0-9]+", &number)) {
		const uint32_t mode = pl_u32(&number);

		if (mode < (uint32_t)modes)
			best = max(best, (int)mode);
		pl_advance(&set, number.p + number.l - set.p);
	}

	return best < 0 ? modes - 1 : best;
}


static void enc_destructor(void *arg)
{
	struct auenc_state *st = arg;

	if (!st->amr)
		return;

	if (st->wide)
		E_IF_exit(st->amr);
	else
		Encoder_Interface_exit(st->amr);
}


static void dec_destructor(void *arg)
{
	struct audec_state *st = arg;

	if (!st->amr)
		return;

	if (st->wide)
		D_IF_exit(st->amr);
	else
		Decoder_Interface_exit(st->amr);
}


static int encode_update(struct auenc_state **stp, const struct aucodec *ac,
			 struct auenc_param *prm, const char *fmtp)
{
	struct auenc_state *st = *stp;
	(void)prm;

	if (!st) {
		st = mem_zalloc(sizeof(*st), enc_destructor);
		if (!st)
			return ENOMEM;

		st->wide = is_wide(ac);
		st->amr = st->wide ? E_IF_init() : Encoder_Interface_init(0);
		if (!st->amr) {
			mem_deref(st);
			return ENOMEM;
		}
	}

	st->aligned = is_one(fmtp, "octet-align");
	st->mode = highest_mode(fmtp, st->wide ? WIDE_MODES : NARROW_MODES);
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

	st->wide = is_wide(ac);
	st->amr = st->wide ? D_IF_init() : Decoder_Interface_init();
	if (!st->amr) {
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
	const size_t samples = frame_samples(st->wide);
	const size_t framec = sampc / samples;
	amr_frame framev[AMR_MAX_FRAMES];
	(void)marker;

	if (fmt != AUFMT_S16LE)
		return ENOTSUP;
	if (sampc % samples || framec > AMR_MAX_FRAMES)
		return EINVAL;

	for (size_t i = 0; i < framec; i++, in += samples) {
		int n;

		if (st->wide)
			n = E_IF_encode(st->amr, st->mode, in, framev[i], 0);
		else
			n = Encoder_Interface_Encode(st->amr,
						     (enum Mode)st->mode, in,
						     framev[i], 0);
		if (n <= 0)
			return EPROTO;
	}

	return amr_pack(buf, len, framev, framec, st->wide, st->aligned);
}


static void decode_frame(struct audec_state *st, const uint8_t *frame,
			 int16_t *out)
{
	if (st->wide)
		D_IF_decode(st->amr, frame, out, 0);
	else
		Decoder_Interface_Decode(st->amr, frame, out, 0);
}


static int decode(struct audec_state *st, int fmt, void *sampv, size_t *sampc,
		  bool marker, const uint8_t *buf, size_t len)
{
	int16_t *out = sampv;
	const size_t samples = frame_samples(st->wide);
	amr_frame framev[AMR_MAX_FRAMES];
	size_t framec;
	int err;
	(void)marker;

	if (fmt != AUFMT_S16LE)
		return ENOTSUP;

	err = amr_unpack(framev, &framec, st->wide, buf, len);
	if (err)
		return err;

	if (*sampc < framec * samples)
		return ENOMEM;

	for (size_t i = 0; i < framec; i++)
		decode_frame(st, framev[i], &out[i * samples]);

	st->framec = framec;
	*sampc = framec * samples;
	return 0;
}


/* A lost packet: as long as the one before. */
static int conceal(struct audec_state *st, int fmt, void *sampv, size_t *sampc,
		   const uint8_t *buf, size_t len)
{
	static const uint8_t lost[AMR_FRAME_SIZE] = { AMR_NO_DATA };
	int16_t *out = sampv;
	const size_t samples = frame_samples(st->wide);
	(void)buf;
	(void)len;

	if (fmt != AUFMT_S16LE)
		return ENOTSUP;
	if (*sampc < st->framec * samples)
		return ENOMEM;

	for (size_t i = 0; i < st->framec; i++)
		decode_frame(st, lost, &out[i * samples]);

	*sampc = st->framec * samples;
	return 0;
}


/* An answer repeats what the offer said of the format. */
static int fmtp_encode(struct mbuf *mb, const struct sdp_format *fmt,
		       bool offer, void *arg)
{
	const bool aligned = is_one(fmt->rparams, "octet-align");
	struct pl set;
	int err = 0;
	(void)offer;
	(void)arg;

	const bool has_set = parameter(fmt->rparams, "mode-set", &set);

	if (!aligned && !has_set)
		return 0;

	err |= mbuf_printf(mb, "a=fmtp:%s ", fmt->id);
	if (aligned)
		err |= mbuf_printf(mb, "octet-align=1");
	if (has_set)
		err |= mbuf_printf(mb, "%smode-set=%r", aligned ? ";" : "",
				   &set);
	err |= mbuf_printf(mb, "\r\n");

	return err;
}


static bool is_supported(const char *fmtp)
{
	struct pl value;

	return !is_one(fmtp, "crc") && !is_one(fmtp, "robust-sorting")
		&& !parameter(fmtp, "interleaving", &value);
}


static bool fmtp_compare(const char *own, const char *other, void *data)
{
	(void)data;

	return is_supported(own) && is_supported(other);
}


#define AMR(codec_name, rate) {          \
	.name      = codec_name,         \
	.srate     = rate,               \
	.crate     = rate,               \
	.ch        = 1,                  \
	.pch       = 1,                  \
	.encupdh   = encode_update,      \
	.ench      = encode,             \
	.decupdh   = decode_update,      \
	.dech      = decode,             \
	.plch      = conceal,            \
	.fmtp_ench = fmtp_encode,        \
	.fmtp_cmph = fmtp_compare,       \
}


static struct aucodec codecs[] = {
	AMR("AMR-WB", 16000), AMR("AMR", 8000),
};


static int module_init(void)
{
	for (size_t i = 0; i < RE_ARRAY_SIZE(codecs); i++)
		aucodec_register(baresip_aucodecl(), &codecs[i]);

	return 0;
}


static int module_close(void)
{
	for (size_t i = 0; i < RE_ARRAY_SIZE(codecs); i++)
		aucodec_unregister(&codecs[i]);

	return 0;
}


EXPORT_SYM const struct mod_export DECL_EXPORTS(amr) = {
	"amr",
	"codec",
	module_init,
	module_close,
};

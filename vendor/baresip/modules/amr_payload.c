/**
 * @file amr_payload.c  Frames of AMR and AMR-WB in an RTP payload
 *
 * RFC 4867 section 4: bandwidth-efficient (nothing is padded but the end) and
 * octet-aligned, each with one frame or several.
 */
#include <string.h>
#include <re.h>
#include "amr_payload.h"


enum { NO_REQUEST = 15, RESERVED = -1 };


/* The bits of a frame, by its type */
static int frame_bits(unsigned type, bool wide)
{
	static const int16_t narrow_bits[16] = {
		95, 103, 118, 134, 148, 159, 204, 244, 39,
		-1, -1, -1, -1, -1, -1, 0
	};
	static const int16_t wide_bits[16] = {
		132, 177, 253, 285, 317, 365, 397, 461, 477, 40,
		-1, -1, -1, -1, 0, 0
	};

	return (wide ? wide_bits : narrow_bits)[type & 15];
}


static unsigned type_of(const uint8_t *frame)
{
	return frame[0] >> 3 & 15;
}


/* Copies bits between buffers that are large enough; to zeros. */
static void copy_bits(uint8_t *to, size_t to_pos,
		      const uint8_t *from, size_t from_pos, size_t bits)
{
	for (size_t i = 0; i < bits; i++) {
		const size_t in = from_pos + i, out = to_pos + i;
		const unsigned bit = from[in / 8] >> (7 - in % 8) & 1;

		to[out / 8] |= (uint8_t)(bit << (7 - out % 8));
	}
}


static size_t whole_octets(size_t bits, bool aligned)
{
	return aligned ? (bits + 7) / 8 * 8 : bits;
}


/**
 * Write frames into a payload, without a request for a mode
 *
 * @param buf     Payload
 * @param len     Space in it; on return its length
 * @param framev  Frames
 * @param framec  Number of frames
 * @param wide    Whether they are of AMR-WB
 * @param aligned Whether the payload is octet-aligned
 *
 * @return 0 if success, otherwise errorcode
 */
int amr_pack(uint8_t *buf, size_t *len, const amr_frame *framev,
	     size_t framec, bool wide, bool aligned)
{
	const uint8_t request = NO_REQUEST << 4;
	size_t pos = whole_octets(4, aligned);
	size_t bits = pos + framec * whole_octets(6, aligned);

	for (size_t i = 0; i < framec; i++) {
		const int n = frame_bits(type_of(framev[i]), wide);

		if (n == RESERVED)
			return EINVAL;
		bits += whole_octets((size_t)n, aligned);
	}

	if (*len < (bits + 7) / 8)
		return ENOMEM;

	*len = (bits + 7) / 8;
	memset(buf, 0, *len);
	copy_bits(buf, 0, &request, 0, 4);

	for (size_t i = 0; i < framec; i++) {
		const uint8_t follows = i + 1 < framec ? 1 << 7 : 0;
		const uint8_t entry = (framev[i][0] & 0x7c) | follows;

		copy_bits(buf, pos, &entry, 0, 6);
		pos += whole_octets(6, aligned);
	}

	for (size_t i = 0; i < framec; i++) {
		const int n = frame_bits(type_of(framev[i]), wide);

		copy_bits(buf, pos, &framev[i][1], 0, (size_t)n);
		pos += whole_octets((size_t)n, aligned);
	}

	return 0;
}


static int unpack(amr_frame *framev, size_t *framec, bool wide, bool aligned,
		  const uint8_t *buf, size_t len)
{
	const size_t entry_bits = whole_octets(6, aligned);
	size_t pos = whole_octets(4, aligned), n = 0;
	bool follows;

	if (aligned && len && (buf[0] & 15))
		return EBADMSG;

	do {
		uint8_t entry = 0;

		if (n == AMR_MAX_FRAMES || pos + entry_bits > 8 * len)
			return EBADMSG;

		copy_bits(&entry, 0, buf, pos, entry_bits);
		if (entry & 3)
			return EBADMSG;

		pos += entry_bits;
		follows = entry >> 7;
		memset(framev[n], 0, sizeof(framev[n]));
		framev[n++][0] = entry & 0x7c;
	} while (follows);

	for (size_t i = 0; i < n; i++) {
		const int bits = frame_bits(type_of(framev[i]), wide);

		if (bits == RESERVED || pos + (size_t)bits > 8 * len)
			return EBADMSG;

		copy_bits(&framev[i][1], 0, buf, pos, (size_t)bits);
		pos += whole_octets((size_t)bits, aligned);
	}

	if ((pos + 7) / 8 != len)
		return EBADMSG;

	*framec = n;
	return 0;
}


/**
 * Read the frames of a payload
 *
 * The payload shows its own format: what is octet-aligned has zeros after
 * each of its fields, where the other one has bits of a frame's type.
 * baresip does not always know the parameters of what it receives.
 *
 * @param framev Frames, AMR_MAX_FRAMES of them
 * @param framec Number of frames
 * @param wide   Whether they are of AMR-WB
 * @param buf    Payload
 * @param len    Length of the payload
 *
 * @return 0 if success, EBADMSG if it has another length than its frames
 */
int amr_unpack(amr_frame *framev, size_t *framec, bool wide,
	       const uint8_t *buf, size_t len)
{
	if (0 == unpack(framev, framec, wide, true, buf, len))
		return 0;

	return unpack(framev, framec, wide, false, buf, len);
}

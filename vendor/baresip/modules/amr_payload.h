/**
 * @file amr_payload.h  Frames of AMR and AMR-WB in an RTP payload
 */

enum {
	AMR_FRAME_SIZE = 61,        /* the longest: AMR-WB at 23.85 kbit/s  */
	AMR_MAX_FRAMES = 10,        /* in a packet: 200 ms                  */
	AMR_NO_DATA    = 15 << 3 | 1 << 2,
};

/* As in a file (RFC 4867 section 5.3): a byte with its type, then the bits */
typedef uint8_t amr_frame[AMR_FRAME_SIZE];

int amr_pack(uint8_t *buf, size_t *len, const amr_frame *framev,
	     size_t framec, bool wide, bool aligned);
int amr_unpack(amr_frame *framev, size_t *framec, bool wide,
	       const uint8_t *buf, size_t len);

/**
 * @file wav.c  WAV files that are playable while they grow
 *
 * PCM16. The sizes in the header are brought up to date once a second, so
 * that a killed process leaves a file which any player takes.
 */
#include <errno.h>
#include <stdio.h>
#include <re.h>
#include "wav.h"


enum {
	HEADER_SIZE  = 44,
	SAMPLE_BYTES = 2,
};


struct wav {
	FILE *f;
	uint32_t srate;
	uint8_t ch;
	uint64_t bytes;             /* of samples                       */
	uint64_t synced;            /* of samples, as the header says   */
};


static void put(uint8_t *p, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}


static int write_header(struct wav *wav)
{
	uint8_t h[HEADER_SIZE + 1] = "RIFF....WAVEfmt ....................data";
	/* the format ends at 4 GiB; what follows stays out of the sizes */
	const uint64_t bytes = min(wav->bytes, (uint64_t)UINT32_MAX - 1024);
	const uint32_t frame = SAMPLE_BYTES * wav->ch;

	put(h + 4, bytes + HEADER_SIZE - 8, 4);
	put(h + 16, 16, 4);
	put(h + 20, 1, 2);
	put(h + 22, wav->ch, 2);
	put(h + 24, wav->srate, 4);
	put(h + 28, (uint64_t)wav->srate * frame, 4);
	put(h + 32, frame, 2);
	put(h + 34, 8 * SAMPLE_BYTES, 2);
	put(h + 40, bytes, 4);

	errno = 0;
	if (fseek(wav->f, 0, SEEK_SET) ||
	    fwrite(h, HEADER_SIZE, 1, wav->f) != 1 ||
	    fseek(wav->f, 0, SEEK_END) || fflush(wav->f))
		return errno ? errno : EIO;

	wav->synced = wav->bytes;
	return 0;
}


static void destructor(void *arg)
{
	struct wav *wav = arg;

	if (!wav->f)
		return;

	if (wav->synced != wav->bytes)
		(void)write_header(wav);

	(void)fclose(wav->f);
}


/**
 * Make a file; dereference it to complete and close it
 *
 * @param wavp  Pointer to the new file
 * @param path  Its path
 * @param srate Samples per second
 * @param ch    Number of channels
 *
 * @return 0 if success, EEXIST if there is such a file, otherwise errorcode
 */
int wav_open(struct wav **wavp, const char *path, uint32_t srate, uint8_t ch)
{
	struct wav *wav;
	int err = 0;

	wav = mem_zalloc(sizeof(*wav), destructor);
	if (!wav)
		return ENOMEM;

	wav->srate = srate;
	wav->ch    = ch;
	wav->f     = fopen(path, "wbxe");
	if (!wav->f)
		err = errno;
	else
		err = write_header(wav);

	if (err)
		mem_deref(wav);
	else
		*wavp = wav;

	return err;
}


/**
 * Append samples
 *
 * @param wav   File
 * @param sampv Samples, the channels interleaved
 * @param sampc Number of samples, of all channels together
 *
 * @return 0 if success, otherwise errorcode
 */
int wav_append(struct wav *wav, const int16_t *sampv, size_t sampc)
{
	const uint64_t second = (uint64_t)SAMPLE_BYTES * wav->srate * wav->ch;

	errno = 0;
	if (fwrite(sampv, SAMPLE_BYTES, sampc, wav->f) != sampc)
		return errno ? errno : EIO;

	wav->bytes += SAMPLE_BYTES * sampc;

	return wav->bytes - wav->synced < second ? 0 : write_header(wav);
}


/**
 * Whether samples of this kind can be appended
 *
 * @param wav   File
 * @param srate Samples per second
 * @param ch    Number of channels
 *
 * @return True if they fit
 */
bool wav_fits(const struct wav *wav, uint32_t srate, uint8_t ch)
{
	return wav->srate == srate && wav->ch == ch;
}

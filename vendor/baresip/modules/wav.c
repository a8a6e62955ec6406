/**
 * @file wav.c  WAV files that are playable while they grow
 *
 * PCM16. The sizes in the header are brought up to date once a second, so
 * that a killed process leaves a file which any player takes.
 *
 * A chunk "time", which players skip, says when the sound was: the time of the
 * first sample (microseconds since the epoch, 8 bytes), the number of holes
 * (4 bytes), and the first and the number of samples of each hole (4 bytes
 * each). In a hole no sound came; the file has silence there.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <re.h>
#include "wav.h"


enum {
	HOLES        = 16,
	TIME_SIZE    = 8 + 4 + 8 * HOLES,
	TIME         = 36,                       /* where the chunk begins */
	DATA         = TIME + 8 + TIME_SIZE,
	HEADER_SIZE  = DATA + 8,
	SAMPLE_BYTES = 2,
};


struct wav {
	FILE *f;
	uint32_t srate;
	uint8_t ch;
	uint64_t bytes;             /* of samples                       */
	uint64_t synced;            /* of samples, as the header says   */
	uint64_t begins;            /* microseconds since the epoch     */
	uint64_t hole[HOLES][2];    /* first frame, number of frames    */
	size_t holec;
};


static void put(uint8_t *p, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}


static int write_header(struct wav *wav)
{
	uint8_t h[HEADER_SIZE] = {0};
	/* the format ends at 4 GiB; what follows stays out of the sizes */
	const uint64_t bytes = min(wav->bytes, (uint64_t)UINT32_MAX - 1024);
	const uint32_t frame = SAMPLE_BYTES * wav->ch;

	memcpy(h, "RIFF....WAVEfmt ", 16);
	put(h + 4, bytes + HEADER_SIZE - 8, 4);
	put(h + 16, 16, 4);
	put(h + 20, 1, 2);
	put(h + 22, wav->ch, 2);
	put(h + 24, wav->srate, 4);
	put(h + 28, (uint64_t)wav->srate * frame, 4);
	put(h + 32, frame, 2);
	put(h + 34, 8 * SAMPLE_BYTES, 2);

	memcpy(h + TIME, "time", 4);
	put(h + TIME + 4, TIME_SIZE, 4);
	put(h + TIME + 8, wav->begins, 8);
	put(h + TIME + 16, wav->holec, 4);
	for (size_t i = 0; i < wav->holec; i++) {
		put(h + TIME + 20 + 8 * i, wav->hole[i][0], 4);
		put(h + TIME + 24 + 8 * i, wav->hole[i][1], 4);
	}

	memcpy(h + DATA, "data", 4);
	put(h + DATA + 4, bytes, 4);

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
 * Leave out samples that did not come: silence in the file. Samples have to
 * follow
 *
 * @param wav    File
 * @param framec Number of samples of each channel
 *
 * @return 0 if success, otherwise errorcode
 */
int wav_leave_out(struct wav *wav, uint64_t framec)
{
	const uint64_t bytes = framec * SAMPLE_BYTES * wav->ch;

	/* takes no room on the disk */
	if (fseek(wav->f, (long)bytes, SEEK_CUR))
		return errno;

	if (wav->holec < HOLES && framec >= wav->srate / 5) {
		wav->hole[wav->holec][0] = wav_frames(wav);
		wav->hole[wav->holec][1] = framec;
		++wav->holec;
	}

	wav->bytes += bytes;
	return 0;
}


/**
 * Say when the first sample was
 *
 * @param wav  File
 * @param time Microseconds since the epoch
 */
void wav_begins(struct wav *wav, uint64_t time)
{
	wav->begins = time;
}


/**
 * Get the length of the sound
 *
 * @param wav File
 *
 * @return Number of samples of each channel
 */
uint64_t wav_frames(const struct wav *wav)
{
	return wav->bytes / SAMPLE_BYTES / wav->ch;
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

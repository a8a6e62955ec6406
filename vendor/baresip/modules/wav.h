/**
 * @file wav.h  WAV files that are playable while they grow
 */

struct wav;

int  wav_open(struct wav **wavp, const char *path, uint32_t srate,
	      uint8_t ch);
int  wav_append(struct wav *wav, const int16_t *sampv, size_t sampc);
int  wav_leave_out(struct wav *wav, uint64_t framec);
void wav_begins(struct wav *wav, uint64_t time);
uint64_t wav_frames(const struct wav *wav);
bool wav_fits(const struct wav *wav, uint32_t srate, uint8_t ch);

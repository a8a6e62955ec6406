/**
 * @file track.h  The recording of one direction of a call
 */

struct track;

int  track_init(const char *path);
void track_close(void);
int  track_alloc(struct track **tp, const struct audio *au, bool enc);
void track_write(struct track *t, const struct auframe *af);

/**
 * @file track.c  The recording of one direction of a call
 */
#include <errno.h>
#include <string.h>
#include <re.h>
#include <re_atomic.h>
#include <rem.h>
#include <baresip.h>
#include "track.h"
#include "wav.h"


enum {
	LATE_US  = 200000,          /* from then on, sound is missing   */
	SLACK_US = 100000,          /* of a hole, against the clock     */
	HOLE_US  = 600000000,       /* the longest that is written      */
};


/* Audio threads write it, the main thread makes and ends it. */
struct track {
	char *callid;
	bool stamped;               /* timestamps tell what is missing  */
	uint64_t stamp;             /* of the next frame, microseconds  */
	uint64_t begins;            /* microseconds since the epoch     */
	bool settled;               /* something is missing before      */
	const char *suffix;
	RE_ATOMIC unsigned *count;
	struct wav *wav;
	struct notice *notice;
	int16_t *conv;              /* samples of another format as S16 */
	size_t conv_sampc;
	bool failed;                /* warned, nothing more is written  */
};

/* What is said about a file. Only the main thread may send events, so the
 * audio thread that opens a file hands this over to it. */
struct notice {
	char *path;
	bool opened;                /* said; read by the main thread only */
};


static char *folder;
static struct mqueue *mq;
static RE_ATOMIC unsigned enc_count;
static RE_ATOMIC unsigned dec_count;


static void notice_destructor(void *arg)
{
	struct notice *n = arg;

	mem_deref(n->path);
}


static void say_opened(struct notice *n)
{
	if (n->opened)
		return;

	n->opened = true;
	module_event("recorder", "open", NULL, NULL, "%s", n->path);
}


static void mqueue_handler(int id, void *data, void *arg)
{
	(void)id;
	(void)arg;

	say_opened(data);
	mem_deref(data);
}


static int next_file(struct track *t, struct notice *n,
		     const struct auframe *af)
{
	const unsigned i = re_atomic_rlx_add(t->count, 1u) + 1;
	int err;

	n->path = mem_deref(n->path);
	err = re_sdprintf(&n->path, "%s/dump-%s-%u-%s.wav", folder, t->callid,
			  i, t->suffix);

	return err ? err : wav_open(&t->wav, n->path, af->srate, af->ch);
}


static int open_file(struct track *t, const struct auframe *af)
{
	struct notice *n;
	int err;

	n = mem_zalloc(sizeof(*n), notice_destructor);
	if (!n)
		return ENOMEM;

	/* both agents of a call know it by the same id, and may share a
	 * folder */
	do
		err = next_file(t, n, af);
	while (err == EEXIST);

	if (!err) {
		t->notice = mem_ref(n);
		err = mqueue_push(mq, 0, n);
	}
	if (err)
		mem_deref(n);

	return err;
}


static const int16_t *as_s16(struct track *t, const struct auframe *af)
{
	if (af->fmt == AUFMT_S16LE)
		return af->sampv;

	if (af->sampc > t->conv_sampc) {
		mem_deref(t->conv);
		t->conv = mem_alloc(af->sampc * sizeof(int16_t), NULL);
		t->conv_sampc = t->conv ? af->sampc : 0;
	}
	if (t->conv)
		auconv_to_s16(t->conv, af->fmt, af->sampv, af->sampc);

	return t->conv;
}


static uint64_t duration(const struct auframe *af, uint64_t framec)
{
	return framec * 1000000 / af->srate;
}


/* How much is missing before a frame, microseconds. A packet that was lost
 * shows in the timestamps, a sender that paused only in the clock. */
static uint64_t missing(const struct track *t, const struct auframe *af,
			int64_t late)
{
	const int64_t hole = (int64_t)(af->timestamp - t->stamp);

	if (late > LATE_US)
		return late;

	return t->stamped && hole > 1000 && hole < late + SLACK_US ? hole : 0;
}


/* Keeps the file true to the clock, by which its beginning is known: the
 * earliest that any frame allows, for frames come late and never early. */
static int keep_time(struct track *t, const struct auframe *af)
{
	const uint64_t framec = af->sampc / af->ch;
	const uint64_t now = tmr_jiffies_rt_usec() - duration(af, framec);
	const uint64_t length = duration(af, wav_frames(t->wav));
	int64_t late;
	uint64_t us;
	int err = 0;

	if (!length)
		t->begins = now;

	late = (int64_t)(now - t->begins - length);
	us = length ? min(missing(t, af, late), (uint64_t)HOLE_US) : 0;

	if (us) {
		err = wav_leave_out(t->wav, us * af->srate / 1000000);
		t->settled = true;
	}
	else if (late < 0 && !t->settled) {
		t->begins += late;
	}

	wav_begins(t->wav, t->begins);
	t->stamp = af->timestamp + duration(af, framec);

	return err;
}


static int append(struct track *t, const struct auframe *af)
{
	const int16_t *sampv;
	int err;

	if (!t->wav) {
		err = open_file(t, af);
		if (err)
			return err;
	}

	/* another codec comes with new filters: this is a broken chain */
	if (!wav_fits(t->wav, af->srate, af->ch))
		return EPROTO;

	err = keep_time(t, af);
	if (err)
		return err;

	sampv = as_s16(t, af);

	return sampv ? wav_append(t->wav, sampv, af->sampc) : ENOMEM;
}


/**
 * Write a frame. A call must not suffer from a full disk, so an error ends
 * here, with one warning
 *
 * @param t  Track
 * @param af Audio frame
 */
void track_write(struct track *t, const struct auframe *af)
{
	int err;

	if (t->failed || !af->sampc)
		return;

	err = append(t, af);
	if (err) {
		t->failed = true;
		warning("recorder: no more recording of call %s (%s) in %s:"
			" %m\n", t->callid, t->suffix, folder, err);
	}
}


static const char *find_callid(const struct audio *au)
{
	for (struct le *u = list_head(uag_list()); u; u = u->next) {
		struct le *c = list_head(ua_calls(u->data));

		for (; c; c = c->next) {
			if (call_audio(c->data) == au)
				return call_id(c->data);
		}
	}

	return NULL;
}


/* In the main thread, when no audio thread uses the track any more. */
static void destructor(void *arg)
{
	struct track *t = arg;

	/* completes the file, before it is said to be closed */
	mem_deref(t->wav);

	if (t->notice) {
		say_opened(t->notice);
		module_event("recorder", "close", NULL, NULL, "%s",
			     t->notice->path);
	}

	mem_deref(t->notice);
	mem_deref(t->conv);
	mem_deref(t->callid);
}


/**
 * Make a track; its file is opened with the first frame
 *
 * @param tp  Pointer to the new track
 * @param au  Audio object of a call
 * @param enc True for what is sent, false for what is received
 *
 * @return 0 if success, otherwise errorcode
 */
int track_alloc(struct track **tp, const struct audio *au, bool enc)
{
	const char *id = find_callid(au);
	struct track *t;

	t = mem_zalloc(sizeof(*t), destructor);
	if (!t)
		return ENOMEM;

	/* where a codec conceals loss, its frames stand for the missing ones */
	if (!enc) {
		const struct aucodec *ac = audio_codec(au, false);

		t->stamped = ac && !ac->plch;
	}

	t->suffix = enc ? "enc" : "dec";
	t->count  = enc ? &enc_count : &dec_count;
	if (str_dup(&t->callid, id ? id : stream_cname(audio_strm(au)))) {
		mem_deref(t);
		return ENOMEM;
	}

	for (char *p = t->callid; *p; p++) {
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz0123456789._-", *p))
			*p = '_';
	}

	*tp = t;
	return 0;
}


/**
 * Prepare for tracks
 *
 * @param path Folder of their files
 *
 * @return 0 if success, otherwise errorcode
 */
int track_init(const char *path)
{
	int err = str_dup(&folder, path);

	return err ? err : mqueue_alloc(&mq, mqueue_handler, NULL);
}


/**
 * Undo track_init
 */
void track_close(void)
{
	mq = mem_deref(mq);
	folder = mem_deref(folder);
}

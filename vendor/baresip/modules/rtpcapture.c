/**
 * @file rtpcapture.c  Keeps the RTP and RTCP of each call in a file
 *
 * In the clear: before encryption, after decryption.
 *
 \verbatim
  module_app    rtpcapture.so
  snd_path      /path/of/a/folder
 \endverbatim
 *
 * File: dump-CALLID.rtp, a line and then a record for each packet (integers
 * are little-endian, addresses as in a packet):
 *
 \verbatim
  8  time, microseconds since the epoch
  1  1: received, 0: sent
  1  4 or 6, the version of IP; 0: the file has reached its limit, and ends
  2  length of the packet
  4 or 16, 2   address and port of this agent
  4 or 16, 2   address and port of the other side
     the packet
 \endverbatim
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <re.h>
#include <baresip.h>


/* libbaresip has it for all its files; its header is not installed */
struct rtp_sock *stream_rtp_sock(const struct stream *strm);


enum {
	LAYER      = 100,           /* above SRTP, which is at 10 or 20   */
	HEAD_SIZE  = 12,
	ENDS_SIZE  = 2 * (16 + 2),
	BUFFER     = 16 * 1024,
	FILE_LIMIT = 32 * 1024 * 1024,
};

struct entry;

/* The socket of RTP or of RTCP */
struct tap {
	struct entry *entry;
	struct udp_sock *us;
	struct udp_helper *uh;
	struct sa local;
};

/* A call; its file is made with the first packet. Audio threads send. */
struct entry {
	struct le le;
	struct tmr tmr;
	char *id;
	struct tap tapv[2];
	mtx_t *mtx;
	FILE *f;
	size_t size;
	bool done;                  /* nothing more is written */
};


static const char first_line[] = "telefonist-rtp 1\n";
static struct list entries;
static char folder[512] = ".";


static void destructor(void *arg)
{
	struct entry *e = arg;

	tmr_cancel(&e->tmr);
	list_unlink(&e->le);
	for (size_t i = 0; i < RE_ARRAY_SIZE(e->tapv); i++) {
		mem_deref(e->tapv[i].uh);
		mem_deref(e->tapv[i].us);
	}
	if (e->f)
		(void)fclose(e->f);
	mem_deref(e->mtx);
	mem_deref(e->id);
}


static void put(uint8_t *p, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}


static size_t put_end(uint8_t *p, const struct sa *sa)
{
	size_t n = 4;

	if (sa_af(sa) == AF_INET6) {
		n = 16;
		sa_in6(sa, p);
	}
	else {
		const uint32_t address = htonl(sa_in(sa));

		memcpy(p, &address, n);
	}

	put(p + n, sa_port(sa), 2);
	return n + 2;
}


static int open_file(struct entry *e)
{
	char path[1024];

	if (re_snprintf(path, sizeof(path), "%s/dump-%s.rtp", folder, e->id)
	    < 0)
		return ENAMETOOLONG;

	errno = 0;
	e->f = fopen(path, "wbe");
	if (!e->f)
		return errno ? errno : EIO;

	(void)setvbuf(e->f, NULL, _IOFBF, BUFFER);
	e->size = sizeof(first_line) - 1;

	return fwrite(first_line, e->size, 1, e->f) == 1 ? 0 : EIO;
}


static int append(struct entry *e, const struct tap *tap,
		  const struct sa *peer, const struct mbuf *mb, bool received)
{
	uint8_t head[HEAD_SIZE + ENDS_SIZE] = { 0 };
	const size_t len = mbuf_get_left(mb);
	size_t n = HEAD_SIZE;
	int err;

	if (!e->f) {
		err = open_file(e);
		if (err)
			return err;
	}

	put(head, tmr_jiffies_rt_usec(), 8);
	if (e->size + sizeof(head) + len > FILE_LIMIT) {
		e->done = true;
		return fwrite(head, HEAD_SIZE, 1, e->f) == 1 ? 0 : EIO;
	}

	head[8] = received;
	head[9] = sa_af(peer) == AF_INET6 ? 6 : 4;
	put(head + 10, len, 2);
	n += put_end(head + n, &tap->local);
	n += put_end(head + n, peer);
	e->size += n + len;

	return fwrite(head, n, 1, e->f) == 1
		&& fwrite(mbuf_buf(mb), len, 1, e->f) == 1 ? 0 : EIO;
}


static void keep(const struct tap *tap, const struct sa *peer,
		 const struct mbuf *mb, bool received)
{
	struct entry *e = tap->entry;
	const size_t len = mbuf_get_left(mb);
	int err;

	/* STUN and DTLS have other first bits */
	if (!len || len > UINT16_MAX || mbuf_buf(mb)[0] >> 6 != RTP_VERSION
	    || sa_af(peer) != sa_af(&tap->local))
		return;

	mtx_lock(e->mtx);
	err = e->done ? 0 : append(e, tap, peer, mb, received);
	if (err) {
		e->done = true;
		warning("rtpcapture: the packets of call %s can't be kept:"
			" %m\n", e->id, err);
	}
	mtx_unlock(e->mtx);
}


static bool send_handler(int *err, struct sa *dst, struct mbuf *mb, void *arg)
{
	(void)err;

	keep(arg, dst, mb, false);
	return false;
}


static bool recv_handler(struct sa *src, struct mbuf *mb, void *arg)
{
	keep(arg, src, mb, true);
	return false;
}


static int tap_start(struct tap *tap, struct entry *e, struct udp_sock *us)
{
	const struct sa *own;
	int err;

	if (!us)
		return 0;

	err = udp_local_get(us, &tap->local);
	if (err)
		return err;

	own = net_laddr_af(baresip_network(), sa_af(&tap->local));
	if (own && !sa_isset(&tap->local, SA_ADDR)) {
		const uint16_t port = sa_port(&tap->local);

		sa_cpy(&tap->local, own);
		sa_set_port(&tap->local, port);
	}

	tap->entry = e;
	tap->us    = mem_ref(us);

	return udp_register_helper(&tap->uh, us, LAYER, send_handler,
				   recv_handler, tap);
}


static struct entry *find(const char *id)
{
	for (struct le *le = entries.head; le; le = le->next) {
		struct entry *e = le->data;

		if (0 == str_cmp(e->id, id))
			return e;
	}

	return NULL;
}


/* The call's id in the characters of a file's name, as the recorder's */
static int file_id(char **idp, const struct call *call)
{
	int err = str_dup(idp, call_id(call));

	for (char *p = *idp; !err && *p; p++) {
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz0123456789._-", *p))
			*p = '_';
	}

	return err;
}


static void begin(const struct call *call)
{
	const struct stream *strm = audio_strm(call_audio(call));
	struct rtp_sock *rs = strm ? stream_rtp_sock(strm) : NULL;
	struct entry *e;
	char *id;
	int err;

	if (!rs || file_id(&id, call))
		return;

	if (find(id)) {
		mem_deref(id);
		return;
	}

	e = mem_zalloc(sizeof(*e), destructor);
	if (!e) {
		mem_deref(id);
		return;
	}

	e->id = id;
	tmr_init(&e->tmr);
	list_append(&entries, &e->le, e);

	err  = mutex_alloc(&e->mtx);
	err |= tap_start(&e->tapv[0], e, err ? NULL : rtp_sock(rs));
	err |= tap_start(&e->tapv[1], e, err ? NULL : rtcp_sock(rs));
	if (err) {
		warning("rtpcapture: the packets of call %s are not kept:"
			" %m\n", id, err);
		mem_deref(e);
	}
}


static void forget(void *arg)
{
	mem_deref(arg);
}


static void end(const struct call *call)
{
	struct entry *e;
	char *id;

	if (file_id(&id, call))
		return;

	e = find(id);
	mem_deref(id);

	/* its audio threads are stopped after this event */
	if (e)
		tmr_start(&e->tmr, 1, forget, e);
}


static void event_handler(enum bevent_ev ev, struct bevent *event, void *arg)
{
	struct call *call = bevent_get_call(event);
	(void)arg;

	if (!call || !str_isset(call_id(call)))
		return;

	switch (ev) {

	/* as early as there are sockets: early media is media */
	case BEVENT_CALL_INCOMING:
	case BEVENT_CALL_OUTGOING:
	case BEVENT_CALL_RINGING:
	case BEVENT_CALL_PROGRESS:
	case BEVENT_CALL_ANSWERED:
	case BEVENT_CALL_ESTABLISHED:
	case BEVENT_CALL_LOCAL_SDP:
	case BEVENT_CALL_REMOTE_SDP:
		begin(call);
		break;

	case BEVENT_CALL_CLOSED:
		end(call);
		break;

	default:
		break;
	}
}


static int module_init(void)
{
	(void)conf_get_str(conf_cur(), "snd_path", folder, sizeof(folder));

	return bevent_register(event_handler, NULL);
}


static int module_close(void)
{
	bevent_unregister(event_handler);
	list_flush(&entries);

	return 0;
}


EXPORT_SYM const struct mod_export DECL_EXPORTS(rtpcapture) = {
	"rtpcapture",
	"application",
	module_init,
	module_close,
};

/**
 * @file callreport.c  A call's media in numbers, sent when the call closes
 *
 * Log: a warning for the first RTP packet of each payload type that was not
 * negotiated. The agent drops such packets, and says nothing itself.
 *
 * Event: MODULE "callreport,audio,JSON" for each established call, just
 * before CALL_CLOSED on every connection whose module was loaded after this
 * one. So load it before ctrl_tcp:
 *
 \verbatim
  module_app    callreport.so
  module_app    ctrl_tcp.so
 \endverbatim
 */
#include <re.h>
#include <baresip.h>


/* libbaresip has it for all its files; its header is not installed */
struct rtp_sock *stream_rtp_sock(const struct stream *strm);


/* After STUN and TURN (0), before SRTP (10) and ICE look at a packet: the
   payload type stands in the clear. */
enum { LAYER = 5, PAYLOAD_TYPES = 128 };


/* An established call. By its id, for a pointer may come again. */
struct entry {
	struct le le;
	char *id;
	struct udp_sock *us;
	struct udp_helper *uh;
	uint32_t received[PAYLOAD_TYPES];
};


static struct list established;


static void destructor(void *arg)
{
	struct entry *e = arg;

	list_unlink(&e->le);
	mem_deref(e->uh);
	mem_deref(e->us);
	mem_deref(e->id);
}


/* Whether the call with this id negotiated a payload type. No pointer into a
   call is kept: a call may go without CALL_CLOSED. */
static bool is_negotiated(const char *id, int pt)
{
	const struct call *call = uag_call_find(id);
	const struct stream *strm = call ? audio_strm(call_audio(call)) : NULL;
	const struct sdp_format *fmt;

	/* a call that is being taken down: nothing to say about it */
	if (!strm)
		return true;

	fmt = sdp_media_lformat(stream_sdpmedia(strm), pt);

	return fmt && fmt->sup;
}


/* A packet that came to the audio's socket: only looked at. */
static bool recv_handler(struct sa *src, struct mbuf *mb, void *arg)
{
	struct entry *e = arg;
	const uint8_t *head = mbuf_buf(mb);
	int pt;
	(void)src;

	/* STUN and DTLS have other first bits, RTCP other types */
	if (mbuf_get_left(mb) < RTP_HEADER_SIZE || head[0] >> 6 != RTP_VERSION
	    || (head[1] >= 192 && head[1] <= 223))
		return false;

	pt = head[1] & 0x7f;
	if (!e->received[pt]++ && !is_negotiated(e->id, pt))
		warning("callreport: call %s received RTP payload type %d,"
			" not negotiated\n", e->id, pt);

	return false;
}


static struct entry *find(const struct call *call)
{
	for (struct le *le = established.head; le; le = le->next) {
		struct entry *e = le->data;

		if (0 == str_cmp(e->id, call_id(call)))
			return e;
	}

	return NULL;
}


static void remember(const struct call *call)
{
	const struct stream *strm = audio_strm(call_audio(call));
	struct entry *e;

	if (find(call))
		return;

	e = mem_zalloc(sizeof(*e), destructor);
	if (!e)
		return;

	if (str_dup(&e->id, call_id(call))) {
		mem_deref(e);
		return;
	}

	list_append(&established, &e->le, e);

	if (!strm)
		return;

	e->us = mem_ref(rtp_sock(stream_rtp_sock(strm)));
	if (udp_register_helper(&e->uh, e->us, LAYER, NULL, recv_handler, e))
		warning("callreport: call %s: payload types are not counted\n",
			e->id);
}


/* How many packets came of each payload type. */
static int received_encode(struct odict *od, const struct entry *e)
{
	struct odict *received;
	char pt[4];
	int err;

	err = odict_alloc(&received, 8);
	if (err)
		return err;

	for (int i = 0; i < PAYLOAD_TYPES; i++) {
		if (!e->received[i])
			continue;

		(void)re_snprintf(pt, sizeof(pt), "%d", i);
		err |= odict_entry_add(received, pt, ODICT_INT,
				       (int64_t)e->received[i]);
	}

	err |= odict_entry_add(od, "received", ODICT_OBJECT, received);
	mem_deref(received);

	return err;
}


static int report_encode(struct odict *od, const struct call *call)
{
	struct audio *au = call_audio(call);
	const struct stream *strm = audio_strm(au);
	const struct rtcp_stats *rtcp = stream_rtcp_stats(strm);
	const struct aucodec *ac = audio_codec(au, true);
	const char *proto = sdp_media_proto(stream_sdpmedia(strm));
	const char *peer = call_peeruri(call);
	int err;

	/* a call that only receives has no encoder */
	if (!ac)
		ac = audio_codec(au, false);

	err  = odict_entry_add(od, "id", ODICT_STRING, call_id(call));
	err |= odict_entry_add(od, "peer", ODICT_STRING, peer ? peer : "");
	err |= odict_entry_add(od, "tx", ODICT_INT,
			(int64_t)stream_metric_get_tx_n_packets(strm));
	err |= odict_entry_add(od, "rx", ODICT_INT,
			(int64_t)stream_metric_get_rx_n_packets(strm));
	err |= odict_entry_add(od, "proto", ODICT_STRING, proto ? proto : "");
	err |= odict_entry_add(od, "codec", ODICT_STRING, ac ? ac->name : "");
	/* the peer sent no RTCP: nobody told what was lost */
	if (!rtcp || (!rtcp->tx.sent && !rtcp->rx.sent))
		return err;

	err |= odict_entry_add(od, "lost_tx", ODICT_INT,
			       (int64_t)rtcp->tx.lost);
	err |= odict_entry_add(od, "lost_rx", ODICT_INT,
			       (int64_t)rtcp->rx.lost);
	err |= odict_entry_add(od, "jitter_tx", ODICT_INT,
			       (int64_t)rtcp->tx.jit);
	err |= odict_entry_add(od, "jitter_rx", ODICT_INT,
			       (int64_t)rtcp->rx.jit);

	return err;
}


static void report(struct call *call, const struct entry *e)
{
	struct odict *od;
	int err;

	if (!call_audio(call))
		return;

	err = odict_alloc(&od, 16);
	if (err)
		return;

	err  = report_encode(od, call);
	err |= received_encode(od, e);
	if (err)
		warning("callreport: call %s: %m\n", call_id(call), err);
	else
		module_event("callreport", "audio", NULL, call, "%H",
			     json_encode_odict, od);

	mem_deref(od);
}


static void event_handler(enum bevent_ev ev, struct bevent *event, void *arg)
{
	struct call *call = bevent_get_call(event);
	struct entry *e;
	(void)arg;

	if (!call)
		return;

	if (ev == BEVENT_CALL_ESTABLISHED) {
		remember(call);
	}
	else if (ev == BEVENT_CALL_CLOSED) {
		e = find(call);
		if (!e)
			return;

		/* first, so that a second CALL_CLOSED adds no report */
		list_unlink(&e->le);
		report(call, e);
		mem_deref(e);
	}
}


static int module_init(void)
{
	return bevent_register(event_handler, NULL);
}


static int module_close(void)
{
	bevent_unregister(event_handler);
	list_flush(&established);

	return 0;
}


EXPORT_SYM const struct mod_export DECL_EXPORTS(callreport) = {
	"callreport",
	"application",
	module_init,
	module_close,
};

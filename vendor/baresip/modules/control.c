/**
 * @file control.c  Who may use an agent's control port
 *
 * ctrl_tcp knows no login: it obeys whoever connects, and a new connection
 * takes the place of the one before. It is compiled with these functions in
 * place of tcp_listen and tcp_accept, so that only sockets of the agent's own
 * user come to it, and none while another is open: the host's, which connects
 * as soon as the port is there.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <netinet/tcp.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <re.h>
#include <baresip.h>


int control_listen(struct tcp_sock **tsp, const struct sa *local,
		   tcp_conn_h *ch, void *arg);
int control_accept(struct tcp_conn **tcp, struct tcp_sock *ts,
		   tcp_estab_h *eh, tcp_recv_h *rh, tcp_close_h *ch,
		   void *arg);


/* ctrl_tcp allows only one instance, too */
static struct {
	struct tcp_sock *ts;        /* ctrl_tcp's                         */
	tcp_conn_h *connh;
	tcp_close_h *closeh;
	struct tcp_conn *incoming;  /* accepted here, not yet by ctrl_tcp */
	bool asks;                  /* the kernel tells of sockets        */
	bool open;                  /* ctrl_tcp has a connection          */
	bool told;                  /* of a refusal: a log is not flooded */
} ctrl;


static void set_address(__be32 *words, __be16 *port, const struct sa *sa)
{
	*port = htons(sa_port(sa));
	if (sa_af(sa) == AF_INET6)
		memcpy(words, &sa->u.in6.sin6_addr, 16);
	else
		memcpy(words, &sa->u.in.sin_addr, 4);
}


/* Asks the kernel for the TCP socket between two addresses of this machine. */
static int find_socket(struct inet_diag_msg *found, const struct sa *local,
		       const struct sa *peer)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 what;
	} request;
	struct {
		struct nlmsghdr head;
		struct inet_diag_msg socket;
		char more[1024];
	} answer;
	struct timeval limit = {1, 0};
	ssize_t n = -1;
	int err = 0;
	int fd;

	memset(&request, 0, sizeof(request));
	request.head.nlmsg_len = sizeof(request);
	request.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	request.head.nlmsg_flags = NLM_F_REQUEST;
	request.what.sdiag_family = sa_af(local);
	request.what.sdiag_protocol = IPPROTO_TCP;
	request.what.idiag_states = ~0u;
	request.what.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	request.what.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	set_address(request.what.id.idiag_src,
		    &request.what.id.idiag_sport, local);
	set_address(request.what.id.idiag_dst,
		    &request.what.id.idiag_dport, peer);

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd < 0)
		return errno;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));

	if (send(fd, &request, sizeof(request), 0) < 0)
		err = errno;
	else if ((n = recv(fd, &answer, sizeof(answer), 0)) < 0)
		err = errno;
	(void)close(fd);
	if (err)
		return err;

	/* an error is the answer for what is not there, too */
	if ((size_t)n < NLMSG_LENGTH(sizeof(*found)) ||
	    answer.head.nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return ENOENT;

	*found = answer.socket;

	return 0;
}


/* Whether the other end is a socket of this process's user. One that has
 * been closed has no user any more, but what it sent may still be read. */
static bool is_own(const struct tcp_conn *tc)
{
	struct inet_diag_msg found;
	struct sa local, peer;

	if (tcp_conn_local_get(tc, &local) || tcp_conn_peer_get(tc, &peer))
		return false;

	return !find_socket(&found, &peer, &local) &&
		found.idiag_state == TCP_ESTABLISHED &&
		found.idiag_uid == geteuid();
}


static void refuse(const char *why)
{
	if (!ctrl.told)
		warning("control: a connection is refused: %s\n", why);

	ctrl.told = true;
}


static void conn_handler(const struct sa *peer, void *arg)
{
	struct tcp_conn *tc = NULL;

	if (tcp_accept(&tc, ctrl.ts, NULL, NULL, NULL, NULL))
		return;

	if (ctrl.asks && !is_own(tc)) {
		refuse("it is not of the user that the agent runs as");
	}
	else if (ctrl.open) {
		refuse("the agent has one already");
	}
	else {
		ctrl.incoming = mem_ref(tc);
		ctrl.connh(peer, arg);
		ctrl.incoming = mem_deref(ctrl.incoming);
	}

	mem_deref(tc);
}


static void close_handler(int err, void *arg)
{
	ctrl.open = false;
	ctrl.closeh(err, arg);
}


int control_listen(struct tcp_sock **tsp, const struct sa *local,
		   tcp_conn_h *ch, void *arg)
{
	struct inet_diag_msg found;
	struct sa here, nobody;
	int err;

	err = tcp_listen(tsp, local, conn_handler, arg);
	if (err)
		return err;

	ctrl.ts = *tsp;
	ctrl.connh = ch;
	ctrl.open = false;

	/* a kernel may be built without this: it does not know the port then */
	sa_init(&nobody, sa_af(local));
	ctrl.asks = !tcp_local_get(*tsp, &here) &&
		!find_socket(&found, &here, &nobody);

	return 0;
}


int control_accept(struct tcp_conn **tcp, struct tcp_sock *ts,
		   tcp_estab_h *eh, tcp_recv_h *rh, tcp_close_h *ch, void *arg)
{
	(void)ts;

	if (!ctrl.incoming)
		return EINVAL;

	ctrl.open = true;
	ctrl.closeh = ch;
	tcp_set_handlers(ctrl.incoming, eh, rh, close_handler, arg);
	*tcp = mem_ref(ctrl.incoming);

	return 0;
}

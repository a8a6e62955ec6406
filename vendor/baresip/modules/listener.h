/**
 * @file listener.h  What the program around baresip gives and gets
 */


/** Functions of the program. None of them may block. */
struct telefonist_listener {
	/** A direction of a call begins; returns who listens to it */
	void *(*open)(const char *callid, bool sent);
	/** A frame of 16-bit samples. Of the sent direction they may be
	    changed. Called by audio threads */
	void (*frame)(void *ear, int16_t *sampv, size_t sampc,
		      uint32_t srate, uint8_t ch, bool muted);
	/** The direction ends */
	void (*close)(void *ear);
	/** The command "listen"; returns 0, or an error code and why */
	int (*command)(const char *text, char *why, size_t size);
};


void telefonist_listener_set(const struct telefonist_listener *l);
void telefonist_listener_say(const char *callid, const char *text);

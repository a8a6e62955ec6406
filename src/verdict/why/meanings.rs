//! What codes mean, in words: SIP status codes, Q.850 causes, warnings.

/// A final response that is no success, as RFC 3261 sections 21.3 to 21.6 explain it, and the RFC named for those that came later;
/// none where the reason phrase says all there is to say.
pub fn status(code: u16) -> Option<&'static str> {
    Some(match code {
        // 21.3
        300 => "there are several places to call instead",
        301 => "the callee has moved for good",
        302 => "the callee can be reached elsewhere for now",
        305 => "it is to be reached through a proxy only",
        380 => "the call can't be made, another service could",
        // 21.4
        400 => "the request was not understood: probably its syntax is wrong",
        403 => "the server understood and refuses; credentials would not help",
        404 | 604 => "the server knows for sure that there is no such user",
        405 => "the method is not allowed at this address",
        406 => "it could only answer in a format that Accept does not list",
        408 => "the callee could not be found in time",
        410 => "the user was there and is gone for good",
        413 => "the body is too large",
        414 => "the Request-URI is too long",
        415 => "the body's format is not supported",
        416 => "the scheme of the Request-URI is not supported",
        420 => "an extension that the request demands is not supported",
        421 => "the server demands an extension that the client did not list as supported",
        // RFC 4028 section 6
        422 => "the session interval is shorter than the server wants",
        423 => "the registration's time is shorter than the registrar wants",
        // RFC 5393 section 5
        440 => "the request went too many ways (Max-Breadth)",
        480 => "the callee was reached and can't be spoken to now: not logged in, or does not want to be disturbed",
        481 => "the other side knows no such call or transaction (any more)",
        482 => "the request came back to a server that had it already",
        483 => "the request passed more servers than Max-Forwards allows: probably a loop",
        484 => "the number or address is not complete",
        485 => "the address is ambiguous",
        486 => "the callee is busy",
        487 => "the request was cancelled",
        488 => "the session description is not acceptable here",
        // RFC 6665 section 8.3.2
        489 => "the event package is not known",
        491 => "both sides asked for a change at once (glare): the request came while another one was going on",
        493 => "the body can't be decrypted",
        // RFC 3329 section 2
        494 => "a security agreement is needed",
        _ => return refusal_of_server(code),
    })
}

/// The same for the codes of servers that failed, and of refusals that hold everywhere (500 and above).
fn refusal_of_server(code: u16) -> Option<&'static str> {
    Some(match code {
        // 21.5
        500 => "the server failed",
        501 => "the server does not know the method",
        502 => "the server got an invalid response from the next one",
        503 => "the server is overloaded, under maintenance, or can't reach the next one",
        504 => "the server got no answer from the next one in time",
        505 => "the server does not speak this version of SIP",
        513 => "the message is too large",
        // RFC 3312 section 12
        580 => "a precondition of the session was not met",
        // 21.6
        600 => "the callee is busy everywhere",
        603 => "the callee declines",
        606 => "the session description is not acceptable anywhere",
        // RFC 8197 section 3
        607 => "the callee does not want calls from this caller",
        // RFC 8688 section 3
        608 => "something on the way decided that the call is unwanted",
        _ => return None,
    })
}

/// A cause of ITU-T Q.850 (table 1), as a Reason header carries it (RFC 3326 section 2).
pub fn q850(cause: u16) -> Option<&'static str> {
    Some(match cause {
        1 => "unallocated number",
        2 | 3 => "no route to the destination",
        16 => "normal call clearing",
        17 => "user busy",
        18 => "no user responding",
        19 => "no answer from the user, who was alerted",
        20 => "subscriber absent",
        21 => "call rejected",
        22 => "number changed",
        26 => "non-selected user clearing: answered elsewhere",
        27 => "destination out of order",
        28 => "invalid number format: the address is incomplete",
        29 => "facility rejected",
        31 => "normal, unspecified",
        34 => "no circuit or channel available",
        38 => "network out of order",
        41 => "temporary failure",
        42 => "switching equipment congestion",
        44 => "requested circuit or channel not available",
        47 => "resource unavailable",
        50 => "requested facility not subscribed",
        55 => "incoming calls barred",
        57 => "bearer capability not authorized",
        58 => "bearer capability not presently available",
        63 => "service or option not available",
        65 => "bearer capability not implemented",
        79 => "service or option not implemented",
        81 => "invalid call reference",
        88 => "incompatible destination",
        102 => "recovery on timer expiry",
        111 => "protocol error",
        127 => "interworking, unspecified",
        _ => return None,
    })
}

/// A code of a Warning header (RFC 3261 section 20.43).
pub fn warning(code: u16) -> Option<&'static str> {
    Some(match code {
        300 => "incompatible network protocol",
        301 => "incompatible network address formats",
        302 => "incompatible transport protocol",
        303 => "incompatible bandwidth units",
        304 => "media type not available",
        305 => "incompatible media format",
        306 => "attribute not understood",
        307 => "session description parameter not understood",
        330 => "multicast not available",
        331 => "unicast not available",
        370 => "insufficient bandwidth",
        _ => return None,
    })
}

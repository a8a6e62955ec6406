//! Addresses that the other side can't reach: the agent describes its media at a private address, and is seen at another one.

use super::Weighed;
use super::case::{Case, Question};
use super::media::is_private;
use super::wording::short;
use crate::verdict::Finding;
use std::net::IpAddr;

pub fn find(case: &Case, question: &Question) -> Option<Weighed> {
    let dialog = case.dialog;
    let seen: IpAddr = dialog.seen_at.as_ref()?.parse().ok()?;
    let own = [&dialog.offer, &dialog.answer].into_iter().flatten().find(|described| described.out)?;
    let told: IpAddr = own.media.iter().find_map(|media| media.address.as_ref())?.parse().ok()?;
    let private = matches!((told, seen), (IpAddr::V4(told), IpAddr::V4(seen)) if is_private(told) && !is_private(seen));
    let deaf = dialog.packets.is_some_and(|packets| packets.received == 0)
        || ["RTP", "DTMF", "AUDIO"].iter().any(|it| question.awaits(it));
    let lines = vec![
        format!(
            "{} says in SDP that it takes RTP at {told}; the peer saw its SIP come from {seen} (received in Via)",
            short(case.name)
        ),
        "the account may say how to find the address outside: sipnat, medianat=stun or ice".into(),
    ];
    let about = format!("probably a NAT between the two sides of {}", case.title());
    (private && deaf && dialog.established.is_some()).then_some((78, Finding { about, lines }))
}

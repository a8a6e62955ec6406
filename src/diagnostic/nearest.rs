//! "Did you mean": the known word nearest to an unknown one.

/// The candidate that a slip of the fingers would turn into `word`; none when all are too far away.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    // a short word is soon like any other
    let far = ((length + 1) / 3).max(1);
    candidates
        .into_iter()
        // the distance is at least the difference in length: this keeps a huge word from costing anything
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= far)
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        // of a word that has nothing in common with it, nothing is said
        .filter(|(distance, _)| *distance <= far && *distance < length)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let known = ["_accept", "_account", "_hash", "all"];
        for (word, meant) in [
            ("_acept", Some("_accept")),
            ("_ACCEPT", Some("_accept")),
            ("_hsah", Some("_hash")),
            ("_acount", Some("_account")),
            ("_loop", None),
            ("add", None),
            ("", None),
            ("_", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
        assert_eq!(nearest(&"x".repeat(1_000_000), known), None);
    }
}

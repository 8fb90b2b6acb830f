//! Slips of the keyboard.

/// True if one slip makes the one word of the other. Of words of a few letters nothing can be said: `uri` is no slip of `url`.
pub fn is_slip_of(left: &str, right: &str) -> bool {
    let chars = |text: &str| text.chars().collect::<Vec<_>>();
    left.len().max(right.len()) >= 4
        && left.len().abs_diff(right.len()) <= 1
        && distance(&chars(left), &chars(right)) == 1
}

/// The number of letters to add, take away or change, or of neighbours that change places.
pub fn distance(left: &[char], right: &[char]) -> usize {
    let mut earlier: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let mut least = (above[j] + usize::from(a != b)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == right[j - 1] && left[i - 1] == *b {
                least = least.min(earlier[j - 1] + 1);
            }
            row.push(least);
        }
        earlier = std::mem::replace(&mut above, row);
    }
    above[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_off_is_a_slip() {
        assert_eq!(distance(&['a', 'b', 'c'], &['a', 'c']), 1);
        assert_eq!(distance(&['a', 'b', 'c'], &['a', 'c', 'b']), 1);
        assert!(is_slip_of("subjact", "subject") && is_slip_of("subjec", "subject"));
        assert!(!is_slip_of("subject", "subject") && !is_slip_of("sbjetc", "subject"));
        assert!(!is_slip_of("uri", "url"));
    }
}

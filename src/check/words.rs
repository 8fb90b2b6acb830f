//! How much two labels have in common.

/// How alike two labels are, from 0 to 1: the share of the words of each that the other has too, a long common part counting for most of a word.
pub fn likeness(left: &str, right: &str) -> f32 {
    const LEAST: f32 = 0.6;
    let (left, right) = (words(left), words(right));
    if left.is_empty() || right.is_empty() {
        return 0.0;
    }
    let share = |some: &[Vec<char>], others: &[Vec<char>]| {
        let found = some.iter().map(|word| {
            let best = others.iter().map(|other| common(word, other)).max().unwrap_or(0);
            let part = ratio(best, word.len().max(4));
            if part >= LEAST { part } else { 0.0 }
        });
        found.sum::<f32>() / ratio(some.len(), 1)
    };
    f32::midpoint(share(&left, &right), share(&right, &left))
}

fn ratio(part: usize, whole: usize) -> f32 {
    let number = |n: usize| f32::from(u16::try_from(n).unwrap_or(u16::MAX));
    number(part) / number(whole)
}

/// The words of a label, without what stands between parentheses at its end.
fn words(text: &str) -> Vec<Vec<char>> {
    let text = text.split(" (").next().unwrap_or_default().to_lowercase();
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() > 1 || word.parse::<u8>().is_ok());
    words.map(|word| in_letters(word).chars().collect()).collect()
}

/// An ordinal number in letters: one label has `1e graads`, the other `eerstegraads`.
fn in_letters(word: &str) -> &str {
    match word {
        "1e" => "eerste",
        "2e" => "tweede",
        "3e" => "derde",
        "4e" => "vierde",
        other => other,
    }
}

/// The length of the longest part that both have.
fn common(left: &[char], right: &[char]) -> usize {
    let (mut most, mut above) = (0, vec![0; right.len() + 1]);
    for a in left {
        let mut row = vec![0; right.len() + 1];
        for (at, b) in right.iter().enumerate() {
            if a == b {
                row[at + 1] = above[at] + 1;
                most = most.max(row[at + 1]);
            }
        }
        above = row;
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_one_thing_are_more_alike_than_those_of_two() {
        let own = likeness("Spontane vaginale partus", "spontane vaginale partus (verrichting)");
        assert!(own > 0.9 && own > likeness("Spontane vaginale partus", "primaire sectio caesarea (verrichting)"));
        let degree = |number: &str| likeness("1e graads perineumruptuur", &format!("{number}graads perineumruptuur"));
        assert!(degree("eerste") > degree("tweede") + 0.1);
        assert!(likeness("man", "vrouw") < 0.1 && likeness("", "x") < 0.1);
    }
}

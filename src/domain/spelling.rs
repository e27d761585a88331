//! Spellings: how alike two texts are as names, whatever the case, the diacritics, the script, and small errors of typing.

use deunicode::deunicode;
use strsim::osa_distance;

/// Words that tell little: articles and the like. They count only when there are no others.
const WEAK: &[&str] = &["al", "el", "the", "of", "a", "an", "de", "la", "and", "for"];
/// What a match of words is worth at most, below that of the same text.
const WORDS: f64 = 0.95;
/// What a match of consonants across scripts is worth at most.
const CONSONANTS: f64 = 0.8;
/// The fewest letters of a word that stand for a longer one.
const PREFIX_MIN: usize = 3;

/// A text as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelling {
    /// Its letters and digits in lower-case ASCII.
    letters: String,
    /// The same by words, without those that tell little.
    words: Vec<String>,
    /// Whether it was written in another script than the Latin one, in which vowels may be missing.
    other_script: bool,
}

impl Spelling {
    /// The spelling of a text; two texts that differ in case, diacritics or punctuation have the same.
    pub fn of(text: &str) -> Spelling {
        // An apostrophe stands within a word, every other mark between two.
        let plain = deunicode(text).to_lowercase().replace(['\'', '`', '@'], "");
        let words: Vec<String> = plain
            .split(|character: char| !character.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        let telling: Vec<String> =
            words.iter().filter(|word| !WEAK.contains(&word.as_str())).cloned().collect();
        Spelling {
            letters: words.concat(),
            words: if telling.is_empty() { words } else { telling },
            other_script: text.chars().any(|character| '\u{24f}' < character && character.is_alphabetic()),
        }
    }

    /// How alike a name is to this text, which somebody looks for: from 0, not at all, to 1, the same. Of several words each
    /// must be in the name; the name may have more.
    pub fn likeness(&self, name: &Spelling) -> f64 {
        if self.letters.is_empty() || name.letters.is_empty() {
            return 0.0;
        }
        if self.letters == name.letters {
            return 1.0;
        }
        let whole = near(&self.letters, &name.letters) * WORDS;
        let consonants = match self.other_script != name.other_script {
            true => near(&consonants(&self.letters), &consonants(&name.letters)) * CONSONANTS,
            false => 0.0,
        };
        whole.max(self.by_words(name)).max(consonants)
    }

    fn by_words(&self, name: &Spelling) -> f64 {
        let mut sum = 0.0;
        for word in &self.words {
            let best = name.words.iter().map(|other| word_likeness(word, other)).fold(0.0, f64::max);
            if best == 0.0 {
                return 0.0;
            }
            sum += best;
        }
        let covered = self.words.len() as f64 / name.words.len().max(1) as f64;
        sum / self.words.len().max(1) as f64 * WORDS * (0.85 + 0.15 * covered.min(1.0))
    }
}

fn word_likeness(word: &str, other: &str) -> f64 {
    if PREFIX_MIN <= word.len() && word.len() < other.len() && other.starts_with(word) {
        return 0.9;
    }
    near(word, other)
}

/// How alike two texts are that differ in a few letters; 0 for more than that.
fn near(text: &str, other: &str) -> f64 {
    let length = text.len().max(other.len());
    let allowed = match length {
        0..=3 => 0,
        4..=6 => 1,
        7..=12 => 2,
        length => length / 5,
    };
    if text == other {
        return 1.0;
    }
    if allowed < text.len().abs_diff(other.len()) {
        return 0.0;
    }
    let distance = osa_distance(text, other);
    if allowed < distance { 0.0 } else { 1.0 - distance as f64 / length as f64 }
}

fn consonants(letters: &str) -> String {
    letters.chars().filter(|letter| !"aeiouyw".contains(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At least as alike as the first number, and less than the second.
    fn check(query: &str, name: &str, least: f64, below: f64) {
        let found = Spelling::of(query).likeness(&Spelling::of(name));
        assert!(least <= found && found < below, "{query:?} and {name:?}: {found}");
    }

    #[test]
    fn names() {
        check("Hay'at Tahrir al-Sham", "hayat tahrir al sham", 1.0, 1.1);
        check("NUSRA", "al-Nusrah Front", 0.7, 0.95);
        check("al nusra", "al-Nusrah Front", 0.7, 0.95);
        check("alqaida", "al-Qaeda", 0.75, 1.0);
        check("hizballah", "Hezbollah", 0.7, 1.0);
        check("hezbolah", "Hezbollah", 0.8, 1.0);
        check("talbian", "Taliban", 0.8, 1.0);
        check("QDe137", "QDe.137", 1.0, 1.1);
        check("Kurdistan", "Partiya Karkerên Kurdistanê", 0.6, 0.95);
        check("karkeren", "Partiya Karkerên Kurdistanê", 0.6, 0.95);
        check("هيئة تحرير الشام", "هيئة تحرير الشام", 1.0, 1.1);
        check("tahrir sham", "تحرير شام", 0.6, 0.9);
        check("талибан", "Taliban", 0.9, 1.1);
        check("hamas", "hama", 0.7, 1.0);
        check("eta", "eln", 0.0, 0.01);
        check("hamas", "Hezbollah", 0.0, 0.01);
        check("front nowhere", "al-Nusrah Front", 0.0, 0.01);
        check("", "Hamas", 0.0, 0.01);
        check("---", "Hamas", 0.0, 0.01);
        check("the", "The Base", 0.0, 0.01);
    }
}

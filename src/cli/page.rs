//! Pages for a terminal: headings, wrapped paragraphs and tables within a width.

use std::fmt::Write as _;

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, Width, presets};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// How pages look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The columns to fill.
    pub width: usize,
    /// Whether to colour.
    pub coloured: bool,
}

/// How a text stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Not at all.
    #[default]
    Plain,
    /// A title.
    Strong,
    /// Of less weight.
    Faint,
    /// In force.
    Force,
    /// Pending, inferred or doubtful.
    Warning,
}

/// A text for one place of a page. It is cleaned: see [`clean`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    content: String,
    tone: Tone,
}

impl Text {
    /// A text in a tone.
    pub fn toned(content: impl AsRef<str>, tone: Tone) -> Text {
        Text { content: clean(content.as_ref()), tone }
    }

    /// A text of several lines, each of them cleaned.
    pub fn stacked(lines: &[String], tone: Tone) -> Text {
        let lines: Vec<String> = lines.iter().map(|line| clean(line)).collect();
        Text { content: lines.join("\n"), tone }
    }
}

impl<T: AsRef<str>> From<T> for Text {
    fn from(content: T) -> Text {
        Text::toned(content, Tone::Plain)
    }
}

/// A text without what could steer a terminal: control characters, and the marks that turn the direction of writing for
/// what follows. Line ends become blanks.
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|character| if matches!(character, '\n' | '\r' | '\t') { ' ' } else { character })
        .filter(|character| {
            !character.is_control() && !matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        })
        .collect()
}

/// Breaks a text into lines of at most `width` columns, between words where it can.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let gap = usize::from(!line.is_empty());
        if width < line.width() + gap + word.width() && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for character in word.chars() {
            if width < line.width() + character.width().unwrap_or(0) && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line.push(character);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A text cut to `width` columns, with `…` in the last one where something is missing.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut shortened = String::new();
    for character in text.chars() {
        if width <= shortened.width() + character.width().unwrap_or(0) {
            break;
        }
        shortened.push(character);
    }
    shortened.truncate(shortened.trim_end().len());
    shortened.push('…');
    shortened
}

/// A page under construction.
#[derive(Debug)]
pub struct Page {
    look: Look,
    text: String,
}

impl Page {
    /// An empty page.
    pub fn new(look: Look) -> Page {
        Page { look, text: String::new() }
    }

    /// A line at the margin that stands out.
    pub fn title(&mut self, text: impl AsRef<str>) {
        self.block("", "", &Text::toned(text, Tone::Strong));
    }

    /// A paragraph at the margin.
    pub fn paragraph(&mut self, text: impl Into<Text>) {
        self.block("", "", &text.into());
    }

    /// A blank line and the title of a section.
    pub fn heading(&mut self, text: &str) {
        self.text.push('\n');
        self.title(text);
    }

    /// A paragraph in a section, with what follows its first line further in.
    pub fn item(&mut self, text: impl Into<Text>) {
        self.block("  ", "    ", &text.into());
    }

    /// A label and what there is to say about it; nothing when that is empty.
    pub fn labelled(&mut self, label: &str, text: impl Into<Text>) {
        const LABEL_WIDTH: usize = 14;
        let text = text.into();
        if text.content.is_empty() {
            return;
        }
        let gap = LABEL_WIDTH.saturating_sub(label.width()).max(1);
        let first = format!("  {label}{}", " ".repeat(gap));
        let rest = " ".repeat(first.width());
        self.block(&first, &rest, &text);
    }

    /// A line as it is, which must fit.
    pub fn line(&mut self, text: &str) {
        let _ = writeln!(self.text, "{text}");
    }

    /// A table; nothing when it has no rows. The last column takes the space that is left.
    pub fn table(&mut self, header: &[&str], rows: Vec<Vec<Text>>) {
        if rows.is_empty() {
            return;
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        if self.look.coloured {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(self.look.width.saturating_sub(1)).unwrap_or(u16::MAX));
        let tone = if self.look.coloured { Tone::Faint } else { Tone::Plain };
        if header.iter().any(|title| !title.is_empty()) {
            table.set_header(header.iter().map(|title| cell(&Text::toned(title, tone))).collect::<Vec<_>>());
        }
        let columns = header.len();
        // Short columns keep their words whole; the widest ones share what is left.
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let titles = header.get(column).map_or(0, |title| title.width());
                let widest = |text: &Text| text.content.lines().map(str::width).max().unwrap_or(0);
                rows.iter().filter_map(|row| row.get(column)).map(widest).max().unwrap_or(0).max(titles)
            })
            .collect();
        for row in rows {
            table.add_row(row.iter().map(cell).collect::<Vec<_>>());
        }
        const KEPT_WHOLE: usize = 20;
        const SHARED_MIN: usize = 16;
        const SQUEEZED_MIN: usize = 5;
        let kept: usize = widths.iter().filter(|width| **width <= KEPT_WHOLE).sum();
        if kept + 2 * columns + SHARED_MIN <= self.look.width {
            table.set_constraints(widths.iter().map(|width| {
                if *width <= KEPT_WHOLE {
                    ColumnConstraint::ContentWidth
                } else {
                    ColumnConstraint::LowerBoundary(Width::Fixed(12))
                }
            }));
        } else if let Some(first) = widths.first()
            && first + 2 * columns + SQUEEZED_MIN * columns.saturating_sub(1) <= self.look.width
        {
            // What a row is found by, mostly its date, is whole where nothing else can be.
            table.set_constraints([ColumnConstraint::ContentWidth]);
        }
        for column in table.column_iter_mut() {
            column.set_padding((1, 1));
        }
        for line in table.lines() {
            let _ = writeln!(self.text, " {}", line.trim_end());
        }
    }

    /// A line at the margin as it stands, its blanks kept; cut where it is too long.
    pub fn verbatim(&mut self, text: &str, tone: Tone) {
        let line = cut(clean(text).trim_end(), self.look.width);
        let _ = writeln!(self.text, "{}", if line.is_empty() { line } else { paint(&line, tone, self.look) });
    }

    /// The columns to fill.
    pub fn width(&self) -> usize {
        self.look.width
    }

    /// The page as text.
    pub fn finish(self) -> String {
        self.text
    }

    fn block(&mut self, first: &str, rest: &str, text: &Text) {
        for (number, line) in
            wrap(&text.content, self.look.width.saturating_sub(rest.width())).iter().enumerate()
        {
            let margin = if number == 0 { first } else { rest };
            let _ = writeln!(self.text, "{margin}{}", paint(line, text.tone, self.look));
        }
    }
}

/// A text with the escape sequences of its tone, when there is to be colour.
pub fn paint(text: &str, tone: Tone, look: Look) -> String {
    let code = match tone {
        _ if !look.coloured => return text.to_owned(),
        Tone::Plain => return text.to_owned(),
        Tone::Strong | Tone::Force => "1",
        Tone::Faint => "2",
        Tone::Warning => "33",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

fn cell(text: &Text) -> Cell {
    let cell = Cell::new(&text.content);
    match text.tone {
        Tone::Plain => cell,
        Tone::Strong | Tone::Force => cell.add_attribute(Attribute::Bold),
        Tone::Faint => cell.add_attribute(Attribute::Dim),
        Tone::Warning => cell.fg(Color::DarkYellow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_the_record_cannot_steer_a_terminal() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a\u{1b}[2Jb", "a[2Jb"),
            ("a\nb\tc", "a b c"),
            ("a\u{9b}31mb\u{7f}", "a31mb"),
            ("\u{202e}evil\u{2069}", "evil"),
            ("هيئة تحرير الشام", "هيئة تحرير الشام"),
        ] {
            assert_eq!(clean(text), expected);
        }
    }

    #[test]
    fn wrapping_and_cutting() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("  ", 4), Vec::<String>::new());
        assert_eq!(wrap("日本語", 4), ["日本", "語"]);
        assert_eq!(cut("a long text", 7), "a long…");
        assert_eq!(cut("a long text", 6), "a lon…");
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("日本語", 4), "日…");
    }

    #[test]
    fn a_table_keeps_within_the_width() {
        let look = Look { width: 60, coloured: false };
        let mut page = Page::new(look);
        let long = "A sentence that is much longer than the table could ever be wide, with many words.";
        page.table(
            &["regime", "state", "what"],
            vec![vec!["us-fto219".into(), "ACTIVE".into(), long.into()]],
        );
        let text = page.finish();
        assert!(text.lines().all(|line| line.width() <= 60), "{text}");
        assert_eq!(
            text,
            "  regime     state   what\n\
             \x20 us-fto219  ACTIVE  A sentence that is much longer than\n\
             \x20                    the table could ever be wide, with\n\
             \x20                    many words.\n"
        );
    }

    #[test]
    fn the_first_column_is_whole_in_a_narrow_table() {
        let mut page = Page::new(Look { width: 40, coloured: false });
        let row = |date: &str| {
            ["takes effect", "al-sharaa", "un-scisil: DELISTED takes effect", "[fb11a497]"]
                .into_iter()
                .fold(vec![Text::from(date)], |row, text| [row, vec![text.into()]].concat())
        };
        page.table(&["date", "due", "of", "what", "event"], vec![row("2025-11-06"), row("2025-12-31")]);
        let text = page.finish();
        assert!(text.lines().all(|line| line.width() <= 40), "{text}");
        assert!(text.contains("  2025-11-06 ") && text.contains("  2025-12-31 "), "{text}");
    }

    #[test]
    fn colour_only_when_asked_for() {
        for coloured in [false, true] {
            let mut page = Page::new(Look { width: 60, coloured });
            page.title("HTS");
            page.table(&["state"], vec![vec![Text::toned("ACTIVE", Tone::Force)]]);
            assert_eq!(page.finish().contains('\u{1b}'), coloured);
        }
    }
}

//! A grid of short codes with long headings, in as many blocks as the width needs, and the legend of the codes.

use std::collections::{BTreeMap, BTreeSet};

use unicode_width::UnicodeWidthStr as _;

use crate::cli::page::{Page, Text, Tone};

/// Columns between two columns.
const GAP: usize = 1;
/// The widest heading; longer parts are broken.
const HEADING_MAX: usize = 8;

/// Rows and columns of codes.
#[derive(Debug, Default)]
pub(super) struct Grid {
    /// By row and column.
    cells: BTreeMap<String, BTreeMap<String, String>>,
    /// What the codes used mean.
    legend: BTreeSet<(usize, &'static str, &'static str)>,
}

impl Grid {
    /// Adds to what stands in a cell.
    pub(super) fn add(&mut self, row: &str, column: &str, code: String) {
        let cell = self.cells.entry(row.to_owned()).or_default().entry(column.to_owned()).or_default();
        if !cell.is_empty() {
            cell.push(',');
        }
        cell.push_str(&code);
    }

    /// Notes that a code was used. The legend is in the order of `place`.
    pub(super) fn explain(&mut self, place: usize, code: &'static str, meaning: &'static str) {
        self.legend.insert((place, code, meaning));
    }

    /// Writes the grid and its legend.
    pub(super) fn write(&self, page: &mut Page, corner: &str) {
        let columns: BTreeSet<&str> =
            self.cells.values().flat_map(|row| row.keys().map(String::as_str)).collect();
        let margin = self.cells.keys().map(|row| row.width()).max().unwrap_or(0).max(corner.width()) + 2;
        let space = page.width().saturating_sub(margin + 2);
        let mut block: Vec<(&str, Vec<String>, usize)> = Vec::new();
        let mut used = 0;
        for column in columns {
            let heading = stacked(column);
            let cells = self.cells.values().filter_map(|row| row.get(column)).map(|cell| cell.width());
            let width = heading.iter().map(|part| part.width()).chain(cells).max().unwrap_or(0) + GAP;
            if space < used + width && !block.is_empty() {
                self.write_block(page, corner, margin, &std::mem::take(&mut block));
                used = 0;
            }
            used += width;
            block.push((column, heading, width));
        }
        self.write_block(page, corner, margin, &block);
        for (_, code, meaning) in &self.legend {
            page.labelled(code, Text::toned(meaning, Tone::Faint));
        }
    }

    fn write_block(
        &self,
        page: &mut Page,
        corner: &str,
        margin: usize,
        block: &[(&str, Vec<String>, usize)],
    ) {
        let deepest = block.iter().map(|(_, heading, _)| heading.len()).max().unwrap_or(0);
        for line in 0..deepest {
            let last = line + 1 == deepest;
            let mut text = padded(if last { corner } else { "" }, margin);
            for (_, heading, width) in block {
                // Headings stand on the line above the cells.
                let part = (line + heading.len()).checked_sub(deepest).and_then(|index| heading.get(index));
                text.push_str(&padded(part.map_or("", String::as_str), *width));
            }
            page.verbatim(&text, Tone::Faint);
        }
        for (row, cells) in &self.cells {
            if !block.iter().any(|(column, ..)| cells.contains_key(*column)) {
                continue;
            }
            let mut text = padded(row, margin);
            for (column, _, width) in block {
                text.push_str(&padded(cells.get(*column).map_or("", String::as_str), *width));
            }
            page.verbatim(&text, Tone::Plain);
        }
        page.verbatim("", Tone::Plain);
    }
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// A slug in parts below each other.
fn stacked(slug: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in slug.split_inclusive('-') {
        let letters: Vec<char> = part.chars().collect();
        parts.extend(letters.chunks(HEADING_MAX).map(|chunk| chunk.iter().collect()));
    }
    parts
}

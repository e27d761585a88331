//! Rust source as the rules see it: the paths that its code names, without comments and literals.

use std::{iter::Peekable, str::Chars};

/// A word or a mark of the code, with its line. Comments and literals leave none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The line, from 1.
    pub line: usize,
    /// An identifier, `::`, or one other character.
    pub text: String,
}

/// A path that the code names, with groups written out: `use a::{b, c::d}` names `a::b` and `a::c::d`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The line of its last segment.
    pub line: usize,
    /// The segments; in a `use` the last may be `*`. In code of the crate, `crate`, `self` and `super` are resolved:
    /// such a path begins with `crate`.
    pub segments: Vec<String>,
}

/// Splits code into tokens.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { chars: text.chars().peekable(), line: 1 };
    let mut tokens = Vec::new();
    while let Some((line, first)) = lexer.next() {
        match first {
            '/' if lexer.peek() == Some('/') => lexer.skip_line(),
            '/' if lexer.peek() == Some('*') => lexer.skip_comment(),
            '"' => lexer.skip_string(),
            '\'' => lexer.skip_char_or_lifetime(),
            ':' if lexer.peek() == Some(':') => {
                lexer.next();
                tokens.push(Token { line, text: "::".into() });
            }
            _ if first.is_alphanumeric() || first == '_' => {
                let word = lexer.word(first);
                match (word.as_str(), lexer.peek()) {
                    ("r" | "br" | "cr", Some('"' | '#')) => tokens.extend(lexer.skip_raw(line)),
                    ("b" | "c", Some('"')) => {
                        lexer.next();
                        lexer.skip_string();
                    }
                    _ => tokens.push(Token { line, text: word }),
                }
            }
            _ if first.is_whitespace() => {}
            _ => tokens.push(Token { line, text: first.into() }),
        }
    }
    tokens
}

/// The paths that the code of a module names. `module` is its place in the crate: `["ledger", "codec"]`.
pub fn paths(tokens: &[Token], module: &[String]) -> Vec<Named> {
    let mut found = Vec::new();
    // For each open brace, whether it is that of an inline module.
    let mut braces: Vec<bool> = Vec::new();
    let mut place = module.to_vec();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token.text.as_str() {
            "mod" if text(tokens, at + 2) == "{" => {
                place.push(text(tokens, at + 1).into());
                braces.push(true);
                at += 3;
                continue;
            }
            "{" => braces.push(false),
            "}" if braces.pop() == Some(true) => {
                place.pop();
            }
            word if begins_path(word) => {
                at = tree(tokens, at, &[], &place, &mut found);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Gathers the path, or tree of paths, that begins at a token, and returns the place after it.
fn tree(tokens: &[Token], at: usize, prefix: &[String], module: &[String], found: &mut Vec<Named>) -> usize {
    let mut segments = prefix.to_vec();
    let mut at = at;
    loop {
        match text(tokens, at) {
            "{" => {
                at += 1;
                while !matches!(text(tokens, at), "}" | "") {
                    // What is not part of a path here (`,`, `::` in front) is passed over.
                    let next = tree(tokens, at, &segments, module, found);
                    at = if next == at { at + 1 } else { next };
                }
                return at + 1;
            }
            word if begins_path(word) || word == "*" => segments.push(word.into()),
            _ => return at,
        }
        at += 1;
        if text(tokens, at) != "::" || !(continues_path(text(tokens, at + 1))) {
            let line = tokens.get(at - 1).map_or(0, |token| token.line);
            found.push(Named { line, segments: resolve(segments, module) });
            // In a group, `as name` gives no path of its own; elsewhere it may be a cast to a type that has one.
            return if text(tokens, at) == "as" && !prefix.is_empty() { at + 2 } else { at };
        }
        at += 1;
    }
}

/// Writes a path that begins with `self` or `super` from the root of the crate.
fn resolve(segments: Vec<String>, module: &[String]) -> Vec<String> {
    let ups = segments.iter().take_while(|segment| *segment == "super" || *segment == "self").count();
    // A lone `self` is a value; `super` never is.
    if ups == 0 || (segments.len() == 1 && segments.iter().any(|segment| segment == "self")) {
        return segments;
    }
    let (own, rest) = segments.split_at(ups);
    let supers = own.iter().filter(|segment| *segment == "super").count();
    let kept = module.len().saturating_sub(supers);
    let mut resolved = vec!["crate".to_owned()];
    resolved.extend(module.iter().take(kept).cloned());
    resolved.extend(rest.iter().cloned());
    resolved
}

fn text(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.text.as_str())
}

fn begins_path(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

fn continues_path(word: &str) -> bool {
    begins_path(word) || word == "{" || word == "*"
}

struct Lexer<'a> {
    chars: Peekable<Chars<'a>>,
    line: usize,
}

impl Lexer<'_> {
    /// The next character and the line that it stands on.
    fn next(&mut self) -> Option<(usize, char)> {
        let line = self.line;
        let next = self.chars.next()?;
        if next == '\n' {
            self.line += 1;
        }
        Some((line, next))
    }

    fn peek(&mut self) -> Option<char> {
        self.chars.peek().copied()
    }

    fn word(&mut self, first: char) -> String {
        let mut word = String::from(first);
        while let Some(next) = self.peek().filter(|next| next.is_alphanumeric() || *next == '_') {
            self.next();
            word.push(next);
        }
        word
    }

    fn skip_line(&mut self) {
        while self.next().is_some_and(|(_, next)| next != '\n') {}
    }

    /// Skips a block comment, which may hold others, from its `*`.
    fn skip_comment(&mut self) {
        let mut depth = 1;
        self.next();
        while let Some((_, next)) = self.next() {
            match (next, self.peek()) {
                ('/', Some('*')) => depth += 1,
                ('*', Some('/')) => depth -= 1,
                _ => continue,
            }
            self.next();
            if depth == 0 {
                return;
            }
        }
    }

    /// Skips a string from after its opening quote.
    fn skip_string(&mut self) {
        while let Some((_, next)) = self.next() {
            match next {
                '\\' => {
                    self.next();
                }
                '"' => return,
                _ => {}
            }
        }
    }

    /// Skips a raw string from after its `r`. A raw identifier (`r#type`) comes back as a token.
    fn skip_raw(&mut self, line: usize) -> Option<Token> {
        let mut hashes = 0;
        while self.peek() == Some('#') {
            self.next();
            hashes += 1;
        }
        if self.peek() != Some('"') {
            let (_, first) = self.next()?;
            return Some(Token { line, text: self.word(first) });
        }
        self.next();
        while let Some((_, next)) = self.next() {
            if next != '"' {
                continue;
            }
            let mut closing = 0;
            while closing < hashes && self.peek() == Some('#') {
                self.next();
                closing += 1;
            }
            if closing == hashes {
                break;
            }
        }
        None
    }

    /// Skips a character, or the name of a lifetime or label, from after its `'`.
    fn skip_char_or_lifetime(&mut self) {
        let Some((_, first)) = self.next() else { return };
        if first == '\\' {
            self.next();
            while self.next().is_some_and(|(_, next)| next != '\'') {}
        } else if self.peek() == Some('\'') {
            self.next();
        } else if begins_path(&first.to_string()) {
            self.word(first);
        }
    }
}

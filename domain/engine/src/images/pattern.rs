//! Patterns of names, as Go's `path.Match` reads them.

/// Whether the pattern fits the whole text: `*` and `?` stand for anything but a slash, `[a-z]` and
/// `[^a-z]` for one character, a backslash takes the next character as it is. A malformed pattern
/// fits nothing. Takes at most the product of both lengths in steps.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where to go on when the rest does not fit: after the latest star, one character further.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if pattern.get(p) == Some(&'*') {
            p += 1;
            retry = Some((p, t));
            continue;
        }
        if p == pattern.len() && t == text.len() {
            return true;
        }
        let here = text.get(t).copied();
        if let Some((length, true)) = here.and_then(|c| one(&pattern[p..], c)) {
            (p, t) = (p + length, t + 1);
            continue;
        }
        match retry {
            Some((after, from)) if text.get(from).is_some_and(|c| *c != '/') => {
                retry = Some((after, from + 1));
                (p, t) = (after, from + 1);
            }
            _ => return false,
        }
    }
}

/// The length of the pattern's first element, and whether it fits the character.
fn one(pattern: &[char], c: char) -> Option<(usize, bool)> {
    match *pattern.first()? {
        '?' => Some((1, c != '/')),
        '[' => class(pattern, c),
        '\\' => Some((2, *pattern.get(1)? == c)),
        literal => Some((1, literal == c)),
    }
}

/// `[a-z0-9]`, negated by a leading `^`.
fn class(pattern: &[char], c: char) -> Option<(usize, bool)> {
    let negated = pattern.get(1) == Some(&'^');
    let mut at = 1 + usize::from(negated);
    let mut found = false;
    let first = at;
    while *pattern.get(at)? != ']' || at == first {
        let low = member(pattern, &mut at)?;
        let high = if pattern.get(at) == Some(&'-') {
            at += 1;
            member(pattern, &mut at)?
        } else {
            low
        };
        found |= (low..=high).contains(&c);
    }
    Some((at + 1, found != negated))
}

/// One character of a class; a bare `-` or `]` is none.
fn member(pattern: &[char], at: &mut usize) -> Option<char> {
    let mut c = *pattern.get(*at)?;
    if matches!(c, '-' | ']') {
        return None;
    }
    if c == '\\' {
        *at += 1;
        c = *pattern.get(*at)?;
    }
    *at += 1;
    Some(c)
}

//! What a command says about one flag, and the table that ties flags to the fields of a struct.

/// One flag, as `--help` shows it.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Long name without dashes.
    pub name: &'static str,
    /// One-letter form.
    pub short: Option<char>,
    /// Needs no value: `--rm` means `--rm=true`.
    pub switch: bool,
    /// Word for its value in the help, for example `string`; empty for switches.
    pub word: &'static str,
    /// What it does.
    pub usage: &'static str,
    /// Value shown as the default; empty to show none.
    pub default: &'static str,
    /// Not shown in the help.
    pub hidden: bool,
    /// Replacement to name when it is used; empty when it is not deprecated.
    pub deprecated: &'static str,
    /// Minor version of the API that it needs; 0 for any.
    pub since: u16,
}

impl Flag {
    /// A flag with nothing but a name and a usage text.
    pub const fn new(
        name: &'static str,
        usage: &'static str,
        word: &'static str,
        switch: bool,
    ) -> Self {
        Self {
            name,
            short: None,
            switch,
            word,
            usage,
            default: "",
            hidden: false,
            deprecated: "",
            since: 0,
        }
    }

    /// With a one-letter form.
    pub const fn short(mut self, letter: char) -> Self {
        self.short = Some(letter);
        self
    }

    /// With a default to show.
    pub const fn default(mut self, text: &'static str) -> Self {
        self.default = text;
        self
    }

    /// Not shown in the help.
    pub const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// Still read, but its use is answered with a remark naming the replacement.
    pub const fn deprecated(mut self, replacement: &'static str) -> Self {
        self.hidden = true;
        self.deprecated = replacement;
        self
    }

    /// Needs version 1.`minor` of the API.
    pub const fn since(mut self, minor: u16) -> Self {
        self.since = minor;
        self
    }

    /// The flag as error messages name it: `-m, --memory`.
    pub fn label(&self) -> String {
        match self.short {
            Some(letter) => format!("-{letter}, --{}", self.name),
            None => format!("--{}", self.name),
        }
    }
}

/// The flags of a command together with the struct that holds their values.
pub trait FlagSet: Default {
    /// All flags, in no particular order.
    fn flags() -> Vec<Flag>;

    /// Stores a value. `None` when this set has no flag of that name; the error is the reason
    /// why the value is not valid.
    fn set(&mut self, name: &str, value: &str) -> Option<Result<(), String>>;
}

/// No flags at all.
#[derive(Default)]
pub struct NoFlags;

impl FlagSet for NoFlags {
    fn flags() -> Vec<Flag> {
        Vec::new()
    }

    fn set(&mut self, _name: &str, _value: &str) -> Option<Result<(), String>> {
        None
    }
}

/// Two sets side by side, for commands that share flags.
impl<A: FlagSet, B: FlagSet> FlagSet for (A, B) {
    fn flags() -> Vec<Flag> {
        let mut all = A::flags();
        all.extend(B::flags());
        all
    }

    fn set(&mut self, name: &str, value: &str) -> Option<Result<(), String>> {
        self.0.set(name, value).or_else(|| self.1.set(name, value))
    }
}

/// Declares a struct of flag values and its table of flags at once.
///
/// A line is `field: Type [= default], "long-name" [also "other-name"], "usage" [.modifier(..)]*;`
/// where the modifiers are the methods of [`Flag`]. Repeating a flag sets it again; types that
/// collect (`Vec`, `KeyValues`) append.
macro_rules! flags {
    (
        $(#[$meta:meta])*
        $vis:vis struct $Set:ident {
            $(
                $field:ident : $Type:ty $(= $default:expr)?,
                $name:literal $(also $other:literal)?, $usage:expr
                $(, .$modifier:ident ($($argument:expr)?))* ;
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug)]
        $vis struct $Set {
            $( #[doc = concat!("`--", $name, "`")] pub $field: $Type, )*
        }

        impl Default for $Set {
            #[allow(unused_mut, unused_assignments)]
            fn default() -> Self {
                $(
                    let mut $field: $Type = Default::default();
                    $( $field = $default; )?
                )*
                Self { $($field),* }
            }
        }

        impl $crate::cli::args::FlagSet for $Set {
            fn flags() -> Vec<$crate::cli::args::Flag> {
                use $crate::cli::args::{Flag, FlagValue};
                vec![
                    $(
                        Flag::new(
                            $name,
                            $usage,
                            <$Type as FlagValue>::WORD,
                            <$Type as FlagValue>::SWITCH,
                        )
                        $( .$modifier($($argument)?) )*,
                        $(
                            Flag::new(
                                $other,
                                $usage,
                                <$Type as FlagValue>::WORD,
                                <$Type as FlagValue>::SWITCH,
                            )
                            .hidden(),
                        )?
                    )*
                ]
            }

            fn set(&mut self, name: &str, value: &str) -> Option<Result<(), String>> {
                use $crate::cli::args::FlagValue;
                match name {
                    $( $name $(| $other)? => Some(FlagValue::set(&mut self.$field, value)), )*
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use flags;

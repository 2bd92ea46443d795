//! The signature of a forward: its parameters, and how the arguments of a call bind to them.

use crate::{Context, Key, KeyEntry, KeyPath, TreeSpec};
use std::borrow::Cow;
use std::ops::Range;

/// How an argument for a parameter may be given (`inspect.Parameter.kind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParameterKind {
    /// By position only.
    PositionalOnly,
    /// By position or by name, as for a parameter in Rust.
    PositionalOrKeyword,
    /// `*args`: every further positional argument.
    VarPositional,
    /// By name only.
    KeywordOnly,
    /// `**kwargs`: every further named argument.
    VarKeyword,
}

/// A parameter of a forward (`inspect.Parameter`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Parameter {
    /// The name, without `*` or `**`.
    pub name: Cow<'static, str>,
    /// How an argument may be given.
    pub kind: ParameterKind,
    /// Whether the argument may be left out.
    pub has_default: bool,
}

impl Parameter {
    /// A parameter whose argument must be given, by position or by name.
    pub const fn required(name: &'static str) -> Self {
        Self::new(name, ParameterKind::PositionalOrKeyword)
    }

    /// A parameter whose argument may be left out, and is given by position or by name.
    pub const fn optional(name: &'static str) -> Self {
        Parameter { name: Cow::Borrowed(name), kind: ParameterKind::PositionalOrKeyword, has_default: true }
    }

    /// A parameter of this kind without a default.
    pub const fn new(name: &'static str, kind: ParameterKind) -> Self {
        Parameter { name: Cow::Borrowed(name), kind, has_default: false }
    }

    /// Whether it takes one argument by position.
    pub fn is_positional(&self) -> bool {
        matches!(self.kind, ParameterKind::PositionalOnly | ParameterKind::PositionalOrKeyword)
    }

    /// Whether it takes an argument by name.
    pub fn is_keyword(&self) -> bool {
        matches!(self.kind, ParameterKind::KeywordOnly | ParameterKind::PositionalOrKeyword)
    }
}

/// The parameters of a forward, in order, without `self` (`inspect.signature`).
///
/// ```
/// use pytree_core::{Parameter, Signature};
/// let signature = Signature::new([Parameter::required("x"), Parameter::required("y")]);
/// let error = signature.bind_names(1, &[]).unwrap_err();
/// assert_eq!(error.to_string(), "missing a required argument: 'y'");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Signature {
    parameters: Cow<'static, [Parameter]>,
}

/// The arguments of a call do not fit the signature. The messages are Python's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// The argument of a parameter without default is missing.
    #[error("missing a required argument: '{0}'")]
    Missing(String),
    /// There are more positional arguments than parameters.
    #[error("too many positional arguments: {given} given, {accepted} accepted")]
    TooMany {
        /// How many are given.
        given: usize,
        /// How many the signature takes.
        accepted: usize,
    },
    /// An argument is given twice.
    #[error("multiple values for argument '{0}'")]
    Multiple(String),
    /// A name is not a parameter.
    #[error("got an unexpected keyword argument '{name}'; the parameters are {parameters}")]
    Unexpected {
        /// The name.
        name: String,
        /// The names of the parameters.
        parameters: String,
    },
    /// The argument of a positional-only parameter is given by name.
    #[error("'{0}' parameter is positional only, but was passed as a keyword")]
    PositionalOnly(String),
    /// An argument that forward takes by value or changes cannot be shared.
    #[error("argument '{name}': {error}")]
    Argument {
        /// The parameter.
        name: String,
        /// What is wrong with its tree.
        #[source]
        error: Box<crate::UnflattenError>,
    },
    /// The spec is not `(args, kwargs)`.
    #[error("an input spec is a tuple of a tuple and a dict, `(args, kwargs)`; this one is {0}")]
    NotArgsKwargs(String),
}

/// One argument of a call, bound to its parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BoundArgument {
    /// The index of the parameter in the signature.
    pub parameter: usize,
    /// The position inside `*args` or the name inside `**kwargs`.
    pub rest: Option<KeyEntry>,
    /// The leaves of the argument, by their position in the flattened `(args, kwargs)`.
    pub leaves: Range<usize>,
}

/// The two paths that torch has for an input leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InputPath {
    /// The path from the parameter, after which symbols are named (`L['x'][0]`).
    pub source: KeyPath,
    /// The path after which placeholders are named: `source` without the name of `**kwargs`.
    pub placeholder: KeyPath,
}

impl Signature {
    /// A signature of these parameters.
    pub fn new(parameters: impl IntoIterator<Item = Parameter>) -> Self {
        Signature { parameters: Cow::Owned(parameters.into_iter().collect()) }
    }

    /// A signature known at compile time.
    pub const fn of(parameters: &'static [Parameter]) -> Self {
        Signature { parameters: Cow::Borrowed(parameters) }
    }

    /// The parameters, in order.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The index of the parameter with this name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.parameters.iter().position(|p| p.name == name)
    }

    /// Binds `positional` arguments and then the named ones, as `inspect.Signature.bind` does without applying
    /// defaults. Returns for each argument the index of its parameter and, inside `*args` or `**kwargs`, its key.
    ///
    /// As in Python, a name that only a positional-only parameter has goes into `**kwargs` if there is such a
    /// parameter.
    ///
    /// # Errors
    /// [`BindError`] with Python's message. Of several mistakes it is the one that Python finds first.
    pub fn bind_names(&self, positional: usize, named: &[&str]) -> Result<Vec<(usize, Option<KeyEntry>)>, BindError> {
        let twice = named.iter().enumerate().find(|(i, name)| named[..*i].contains(name));
        if let Some((_, name)) = twice {
            return Err(BindError::Multiple((*name).to_owned()));
        }
        let mut bound = Vec::with_capacity(positional + named.len());
        // The next parameter.
        let mut next = 0;
        for i in 0..positional {
            match self.parameters.get(next) {
                Some(p) if p.kind == ParameterKind::VarPositional => {
                    // All parameters before `*args` are positional.
                    bound.push((next, Some(KeyEntry::Sequence(i - next))));
                }
                Some(p) if p.is_keyword() && p.is_positional() && named.contains(&p.name.as_ref()) => {
                    return Err(BindError::Multiple(p.name.to_string()));
                }
                Some(p) if p.is_positional() => {
                    bound.push((next, None));
                    next += 1;
                }
                _ => {
                    let accepted = self.parameters.iter().filter(|p| p.is_positional()).count();
                    return Err(BindError::TooMany { given: positional, accepted });
                }
            }
        }
        let rest = self.parameters.iter().position(|p| p.kind == ParameterKind::VarKeyword);
        for parameter in &self.parameters[next..] {
            let named = named.contains(&parameter.name.as_ref());
            let given = match parameter.kind {
                ParameterKind::VarPositional | ParameterKind::VarKeyword => continue,
                ParameterKind::PositionalOnly if named && rest.is_none() => {
                    return Err(BindError::PositionalOnly(parameter.name.to_string()));
                }
                ParameterKind::PositionalOnly => false,
                ParameterKind::PositionalOrKeyword | ParameterKind::KeywordOnly => named,
            };
            if !given && !parameter.has_default {
                return Err(BindError::Missing(parameter.name.to_string()));
            }
        }
        for name in named {
            let by_name = self.position(name).filter(|i| self.parameters[*i].is_keyword());
            bound.push(match (by_name, rest) {
                (Some(parameter), _) => (parameter, None),
                (None, Some(rest)) => (rest, Some(KeyEntry::Mapping(Key::from((*name).to_owned())))),
                (None, None) => {
                    let parameters = self.parameters.iter().map(|p| p.name.as_ref()).collect::<Vec<_>>().join(", ");
                    return Err(BindError::Unexpected { name: (*name).to_owned(), parameters });
                }
            });
        }
        Ok(bound)
    }

    /// Binds the arguments of a call, given as the spec of its `(args, kwargs)`.
    ///
    /// # Errors
    /// [`BindError`] when the spec is not one of `(args, kwargs)` or the arguments do not fit.
    pub fn bind(&self, in_spec: &TreeSpec) -> Result<Vec<BoundArgument>, BindError> {
        let not_args = || BindError::NotArgsKwargs(in_spec.to_string());
        let parts: Vec<_> = in_spec.root().children().collect();
        let [args, kwargs] = parts.as_slice() else { return Err(not_args()) };
        let (Some(Context::Tuple), Some(Context::Tuple), Some(Context::Dict(keys))) =
            (in_spec.root().context(), args.context(), kwargs.context())
        else {
            return Err(not_args());
        };
        let names: Vec<&str> = keys.iter().map(Key::as_str).collect::<Option<_>>().ok_or_else(not_args)?;
        let bound = self.bind_names(args.arity(), &names)?;
        let mut before = 0;
        Ok(bound
            .into_iter()
            .zip(args.children().chain(kwargs.children()))
            .map(|((parameter, rest), node)| {
                let leaves = before..before + node.num_leaves();
                before = leaves.end;
                BoundArgument { parameter, rest, leaves }
            })
            .collect())
    }

    /// The paths of all input leaves of a call, in flattening order.
    ///
    /// # Errors
    /// As [`bind`](Signature::bind).
    pub fn input_paths(&self, in_spec: &TreeSpec) -> Result<Vec<InputPath>, BindError> {
        let bound = self.bind(in_spec)?;
        let mut owners = bound.iter().flat_map(|b| b.leaves.clone().map(move |_| b));
        Ok(in_spec
            .leaf_paths()
            .map_while(|path| {
                let owner = owners.next()?;
                // The first two entries of the path, `[0][i]` or `[1]['k']`, are the place in the call.
                let below = path.entries().get(2..).unwrap_or_default();
                let name = KeyEntry::Mapping(Key::Str(self.parameters[owner.parameter].name.clone()));
                let source = std::iter::once(&name).chain(&owner.rest).chain(below).cloned().collect();
                let keyword = self.parameters[owner.parameter].kind == ParameterKind::VarKeyword;
                let name = (!keyword).then_some(&name);
                let placeholder = name.into_iter().chain(&owner.rest).chain(below).cloned().collect();
                Some(InputPath { source, placeholder })
            })
            .collect())
    }
}

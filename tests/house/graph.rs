//! The import graph of a crate: which file names what another file defines.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{
    Attribute, Fields, Item, ItemEnum, ItemMod, ItemStruct, ItemTrait, ItemType, ItemUse, Macro, Meta,
    UseTree, Variant, Visibility,
};

/// A module or an item, from the crate's root on.
type Segments = Vec<String>;

/// What files import of each other. A file goes by its module path, `tail::position`; the root is `main`.
#[derive(Debug, Default)]
pub struct Graph {
    /// For each file, the files whose items it names.
    pub imports: BTreeMap<String, BTreeSet<String>>,
    /// For each file, the other crates that it names.
    pub crates: BTreeMap<String, BTreeSet<String>>,
    /// For each type, the files that define one of that name.
    pub types: BTreeMap<String, Vec<String>>,
    /// Variants with several fields that have no names, as `file: Enum::Variant`.
    pub positional: Vec<String>,
}

impl Graph {
    /// The graph of `files`: module path and text. Code that only tests compile does not count.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut names = BTreeMap::new();
        for (module, text) in files {
            let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{module}: {error}"));
            let mut found = Names { module: segments(module), ..Names::default() };
            found.visit_file(&file);
            names.insert(module.to_owned(), found);
        }
        let test_only: BTreeSet<String> =
            names.values().flat_map(|found| found.test_modules.clone()).collect();
        let is_test = |module: &str| {
            test_only.iter().any(|test| module == test || module.starts_with(&format!("{test}::")))
        };
        names.retain(|module, _| !is_test(module));
        let mut graph = Self::default();
        for (module, found) in &names {
            let imports = found.paths.iter().filter_map(|path| target(path, &names));
            let imports = imports.filter(|target| target != module).collect();
            graph.imports.insert(module.clone(), imports);
            graph.crates.insert(module.clone(), found.crates.clone());
            for name in &found.types {
                graph.types.entry(name.clone()).or_default().push(module.clone());
            }
            graph.positional.extend(found.positional.iter().map(|variant| format!("{module}: {variant}")));
        }
        graph
    }

    /// The same graph with each file folded into the room it belongs to: its folder in `src`, or itself.
    pub fn rooms(&self) -> Self {
        let mut rooms = Self::default();
        for (module, imports) in &self.imports {
            let own = rooms.imports.entry(room(module).to_owned()).or_default();
            own.extend(
                imports.iter().map(|import| room(import).to_owned()).filter(|import| import != room(module)),
            );
        }
        rooms
    }

    /// Sets of files that import each other in a loop.
    pub fn circles(&self) -> Vec<BTreeSet<String>> {
        let reach: BTreeMap<&str, BTreeSet<&str>> =
            self.imports.keys().map(|module| (module.as_str(), self.reach(module))).collect();
        let mut circles: Vec<BTreeSet<String>> = Vec::new();
        for (module, reached) in &reach {
            if reached.contains(module) && !circles.iter().any(|circle| circle.contains(*module)) {
                let both = reached.iter().filter(|other| reach[*other].contains(module));
                circles.push(both.map(|other| (*other).to_owned()).collect());
            }
        }
        circles
    }

    /// Every file that `from` imports, directly or by way of another.
    fn reach(&self, from: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&str> = self.imports[from].iter().map(String::as_str).collect();
        while let Some(module) = next.pop() {
            if reached.insert(module) {
                next.extend(self.imports.get(module).into_iter().flatten().map(String::as_str));
            }
        }
        reached
    }
}

/// The room that a module is in.
pub fn room(module: &str) -> &str {
    module.split("::").next().unwrap_or(module)
}

/// The file that defines what `path` names; `None` if that is not in this crate.
fn target(path: &[String], names: &BTreeMap<String, Names>) -> Option<String> {
    let mut path = path.to_vec();
    for _ in 0..8 {
        let depth = (1..=path.len()).rev().find(|&depth| names.contains_key(&path[..depth].join("::")));
        let Some(depth) = depth else { return names.contains_key("main").then(|| "main".to_owned()) };
        let module = path[..depth].join("::");
        match path.get(depth).and_then(|name| names[&module].reexports.get(name)) {
            Some(origin) => path = [origin, &path[depth + 1..]].concat(),
            None => return Some(module),
        }
    }
    panic!("{path:?} is re-exported in a loop")
}

/// A module path as segments; the root has none.
fn segments(module: &str) -> Segments {
    if module == "main" { Vec::new() } else { module.split("::").map(str::to_owned).collect() }
}

/// What one file names.
#[derive(Debug, Default)]
struct Names {
    /// The file's own module, or the inline module in it that is being read.
    module: Segments,
    /// Child modules that are declared.
    children: BTreeSet<String>,
    /// Modules that only tests compile, by their whole path.
    test_modules: BTreeSet<String>,
    /// Everything in this crate that is named.
    paths: Vec<Segments>,
    /// Names that the file hands on (`pub use`), and where they come from.
    reexports: BTreeMap<String, Segments>,
    /// Other crates.
    crates: BTreeSet<String>,
    /// Types that are defined.
    types: Vec<String>,
    /// Variants with several fields that have no names.
    positional: Vec<String>,
}

impl Names {
    /// The path from the crate's root on that `path` means here; `None`: it begins with another crate or a local name.
    fn absolute(&self, path: &[String]) -> Option<Segments> {
        let first = path.first()?;
        let (mut base, mut rest) = match first.as_str() {
            "crate" => (Vec::new(), &path[1..]),
            "self" | "super" => (self.module.clone(), path),
            name if self.children.contains(name) => (self.module.clone(), path),
            _ => return None,
        };
        while let Some((first, after)) = rest.split_first() {
            match first.as_str() {
                "self" => {}
                "super" => {
                    base.pop();
                }
                _ => break,
            }
            rest = after;
        }
        Some([base, rest.to_vec()].concat())
    }

    /// Takes in a path as it is written.
    fn name(&mut self, path: &[String]) {
        match self.absolute(path) {
            Some(absolute) => self.paths.push(absolute),
            None if path.len() > 1 => {
                self.crates.insert(path[0].clone());
            }
            None => {}
        }
    }

    /// Takes in paths among the tokens of a macro, which are not parsed.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if path.is_empty() || colons == 2 => {
                    path.push(ident.to_string());
                    colons = 0;
                    continue;
                }
                TokenTree::Ident(ident) => {
                    self.name(&std::mem::take(&mut path));
                    path.push(ident.to_string());
                    colons = 0;
                    continue;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => {
                    colons += 1;
                    continue;
                }
                TokenTree::Group(group) => self.tokens(group.stream()),
                _ => {}
            }
            self.name(&std::mem::take(&mut path));
            colons = 0;
        }
        self.name(&path);
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_file(&mut self, file: &'ast syn::File) {
        for item in &file.items {
            if let Item::Mod(module) = item {
                self.children.insert(module.ident.to_string());
            }
        }
        visit::visit_file(self, file);
    }

    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            Item::Const(item) => &item.attrs,
            Item::Struct(item) => &item.attrs,
            Item::Enum(item) => &item.attrs,
            Item::Trait(item) => &item.attrs,
            Item::Type(item) => &item.attrs,
            _ => &Vec::new(),
        };
        if !is_test(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        self.module.push(module.ident.to_string());
        if is_test(&module.attrs) {
            self.test_modules.insert(self.module.join("::"));
        } else {
            visit::visit_item_mod(self, module);
        }
        self.module.pop();
    }

    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        self.types.push(item.ident.to_string());
        visit::visit_item_struct(self, item);
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        self.types.push(item.ident.to_string());
        visit::visit_item_trait(self, item);
    }

    fn visit_item_type(&mut self, item: &'ast ItemType) {
        self.types.push(item.ident.to_string());
        visit::visit_item_type(self, item);
    }

    fn visit_item_enum(&mut self, item: &'ast ItemEnum) {
        self.types.push(item.ident.to_string());
        let several = |variant: &&Variant| matches!(&variant.fields, Fields::Unnamed(fields) if fields.unnamed.len() > 1);
        let positional = item.variants.iter().filter(several);
        self.positional.extend(positional.map(|variant| format!("{}::{}", item.ident, variant.ident)));
        visit::visit_item_enum(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        for (path, name) in leaves(&item.tree, &[]) {
            if !matches!(item.vis, Visibility::Inherited)
                && let Some(origin) = self.absolute(&path)
            {
                self.reexports.insert(name, origin);
            }
            self.name(&path);
        }
    }

    /// `pub(super)` names no item.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let path_segments: Segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.name(&path_segments);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }
}

/// True if only tests compile the item.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && matches!(&attribute.meta, Meta::List(list) if list.tokens.to_string() == "test")
    })
}

/// The paths that a `use` names, each with the name it gets.
fn leaves(tree: &UseTree, before: &[String]) -> Vec<(Segments, String)> {
    let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
    match tree {
        UseTree::Path(path) => leaves(&path.tree, &with(&path.ident)),
        UseTree::Group(group) => group.items.iter().flat_map(|tree| leaves(tree, before)).collect(),
        UseTree::Glob(_) => vec![(before.to_vec(), String::new())],
        UseTree::Name(name) if name.ident == "self" => {
            vec![(before.to_vec(), before.last().cloned().unwrap_or_default())]
        }
        UseTree::Name(name) => vec![(with(&name.ident), name.ident.to_string())],
        UseTree::Rename(rename) => vec![(with(&rename.ident), rename.rename.to_string())],
    }
}

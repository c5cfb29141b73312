//! The one verdict on modules: what passes here is given to an engine, and nothing else is.

use super::bounds::{self, Tally};
use super::error::{AmbiguousImport, ImportProblem, LoadError, SignatureProblem};
use super::features::{Baseline, baseline};
use super::info::{CustomSection, Export, ExternType, Import, MemoryInfo, ModuleInfo};
use super::looks::{self, Change};
use super::{shift, start};
use std::borrow::Cow;
use std::sync::Arc;
use tollgate_abi::callbacks::{ALLOCATORS, callback};
use tollgate_abi::{AbiVersion, ValType, host_functions};
use wasmparser::types::{EntityType, Types};
use wasmparser::{FuncValidatorAllocations, Parser, Payload, ValidPayload, Validator};

/// Bytes of the head of a file that an error shows.
const SHOWN_HEAD: usize = 16;

/// A module that may run as a plugin: valid within the baseline, and linkable. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CheckedModule {
    wasm: Arc<[u8]>,
    info: Arc<ModuleInfo>,
    abi: AbiVersion,
}

impl CheckedModule {
    /// Reads a module in binary or text form, told apart by content, and checks it.
    ///
    /// `features` is the baseline of the engine that is to run it.
    ///
    /// # Errors
    ///
    /// A [`LoadError`]; imports and signatures are reported all at once.
    pub fn parse(bytes: &[u8], features: Baseline) -> Result<Self, LoadError> {
        let Examined { wasm, info, changes } = examine(bytes, features)?;
        let abi = check(&info)?;
        Ok(Self { wasm: adapted(wasm, &changes).into(), info: Arc::new(info), abi })
    }

    /// As [`parse`](Self::parse), for bytes that passed it before, with the same features and the same version of this
    /// library: the bodies of functions and the data, which are most of a module and most of the work, are not looked at. For modules
    /// whose compiled code is at hand, so that what is said about them is all there is a need for.
    ///
    /// # Errors
    ///
    /// A [`LoadError`], for what is checked.
    pub fn recall(bytes: &[u8], features: Baseline) -> Result<(Arc<ModuleInfo>, AbiVersion), LoadError> {
        let wasm = to_binary(bytes)?;
        let types = validate_declarations(&wasm, features)?;
        let info = read(&wasm, &types)?;
        let abi = check(&info)?;
        Ok((Arc::new(info), abi))
    }

    /// Reads a module and reports what it says about itself, without asking whether it could be a plugin.
    ///
    /// # Errors
    ///
    /// A [`LoadError`] if it is not a valid module of the baseline.
    pub fn inspect(bytes: &[u8], features: Baseline) -> Result<ModuleInfo, LoadError> {
        examine(bytes, features).map(|examined| examined.info)
    }

    /// The binary form, with the start section made an export, and with code changed so that engines look at the deadline often
    /// enough: how far that has moved tells [`code_shift`](super::code_shift).
    pub fn wasm(&self) -> &[u8] {
        &self.wasm
    }

    /// What the module says about itself.
    pub fn info(&self) -> &Arc<ModuleInfo> {
        &self.info
    }

    /// The version of the ABI that it declares.
    pub fn abi(&self) -> AbiVersion {
        self.abi
    }
}

/// Whether a valid module can be a plugin; the version of the ABI that it declares.
fn check(info: &ModuleInfo) -> Result<AbiVersion, LoadError> {
    let problems: Vec<_> = info.imports.iter().filter_map(import_problem).collect();
    if !problems.is_empty() {
        return Err(LoadError::Imports(problems));
    }
    let ambiguous: Vec<_> = info.imports.iter().enumerate().filter_map(|import| second_type(info, import)).collect();
    if !ambiguous.is_empty() {
        return Err(LoadError::AmbiguousImports(ambiguous));
    }
    let Some(abi) = info.abi else { return Err(LoadError::AbiVersion(info.markers.clone())) };
    let problems: Vec<_> = info.exports.iter().filter_map(|export| signature_problem(export, abi)).collect();
    if !problems.is_empty() {
        return Err(LoadError::Signatures(problems));
    }
    if info.allocator.is_none() {
        return Err(LoadError::NoAllocator);
    }
    Ok(abi)
}

/// What is found out about a module.
struct Examined<'a> {
    /// The binary form.
    wasm: Cow<'a, [u8]>,
    info: ModuleInfo,
    /// What is to be changed of its code.
    changes: Vec<Change>,
}

fn examine(bytes: &[u8], features: Baseline) -> Result<Examined<'_>, LoadError> {
    let wasm = to_binary(bytes)?;
    let (types, changes) = validate(&wasm, features)?;
    let info = read(&wasm, &types)?;
    Ok(Examined { wasm, info, changes })
}

/// A module as engines are given it.
fn adapted<'a>(wasm: Cow<'a, [u8]>, changes: &[Change]) -> Cow<'a, [u8]> {
    let changed = looks::apply(&wasm, changes);
    let in_place = changed.as_ref().is_none_or(|changed| changed.in_place);
    let changed = changed.map(|changed| changed.wasm);
    match start::into_export(changed.as_deref().unwrap_or(&wasm)).or(changed) {
        Some(changed) => Cow::Owned(shift::mark(&wasm, changed, in_place)),
        None => wasm,
    }
}

/// Whether a module is valid, and within [`Bounds`](super::Bounds).
fn validate(wasm: &[u8], features: Baseline) -> Result<(Types, Vec<Change>), LoadError> {
    let mut validator = Validator::new_with_features(baseline(features));
    let mut allocations = FuncValidatorAllocations::default();
    let mut tally = Tally::new(features);
    let mut end = None;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        tally.payload(&payload)?;
        match validator.payload(&payload)? {
            ValidPayload::Func(function, body) => {
                let mut function = function.into_validator(allocations);
                tally.function(&mut function, &body)?;
                allocations = function.into_allocations();
            }
            ValidPayload::End(types) => end = Some(types),
            _ => {}
        }
    }
    // A parser that has come to its end without an error has told of the module's.
    let types = end.ok_or_else(|| LoadError::Invalid { message: "it has no end".to_owned(), offset: wasm.len() })?;
    Ok((types, tally.into_changes()))
}

/// Everything but the bodies of functions and the data: of these nothing is said to anybody. Modules of Go have data in thousands
/// of pieces, so that they would take most of the time.
fn validate_declarations(wasm: &[u8], features: Baseline) -> Result<Types, wasmparser::BinaryReaderError> {
    let mut validator = Validator::new_with_features(baseline(features));
    let mut types = None;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        // The number of pieces stands in a section of its own, and must agree with them.
        if matches!(payload, Payload::DataCountSection { .. } | Payload::DataSection(_)) {
            continue;
        }
        if let ValidPayload::End(end) = validator.payload(&payload)? {
            types = Some(end);
        }
    }
    match types {
        Some(types) => Ok(types),
        None => Validator::new_with_features(baseline(features)).validate_all(wasm),
    }
}

/// Tells text from binary and converts the former.
fn to_binary(bytes: &[u8]) -> Result<Cow<'_, [u8]>, LoadError> {
    if bytes.is_empty() {
        return Err(LoadError::Empty);
    }
    bounds::check_size(bytes)?;
    if Parser::is_component(bytes) {
        return Err(LoadError::Component);
    }
    if bytes.starts_with(b"\0asm") {
        return Ok(Cow::Borrowed(bytes));
    }
    let not_wasm = || LoadError::NotWasm(bytes[..bytes.len().min(SHOWN_HEAD)].to_vec());
    let text = std::str::from_utf8(bytes).map_err(|_| not_wasm())?;
    let text = text.trim_start_matches('\u{feff}');
    if !text.trim_start().starts_with(['(', ';']) {
        return Err(not_wasm());
    }
    match wat::parse_str(text) {
        Ok(wasm) if Parser::is_component(&wasm) => Err(LoadError::Component),
        Ok(wasm) => Ok(Cow::Owned(wasm)),
        Err(error) => Err(LoadError::Text(error.to_string())),
    }
}

fn read(wasm: &[u8], types: &Types) -> Result<ModuleInfo, wasmparser::BinaryReaderError> {
    let mut info = ModuleInfo {
        abi: None,
        markers: Vec::new(),
        imports: Vec::new(),
        exports: Vec::new(),
        memory: None,
        allocator: None,
        has_start_section: false,
        custom_sections: Vec::new(),
        functions: 0,
        size: wasm.len(),
    };
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(reader) => {
                for import in reader.into_imports() {
                    let import = import?;
                    let ty = types.as_ref().entity_type_from_import(&import);
                    info.imports.push(Import {
                        module: import.module.to_owned(),
                        name: import.name.to_owned(),
                        ty: ty.map_or(ExternType::Global, |ty| extern_type(types, ty)),
                    });
                }
            }
            Payload::FunctionSection(reader) => info.functions = reader.count(),
            Payload::ExportSection(reader) => {
                for export in reader {
                    let export = export?;
                    let ty = types.as_ref().entity_type_from_export(&export);
                    if let (Some(EntityType::Memory(memory)), None) = (ty, &info.memory) {
                        info.memory = Some(MemoryInfo {
                            export: export.name.to_owned(),
                            initial_pages: memory.initial,
                            maximum_pages: memory.maximum,
                        });
                    }
                    let ty = ty.map_or(ExternType::Global, |ty| extern_type(types, ty));
                    info.exports.push(Export { name: export.name.to_owned(), ty });
                }
            }
            Payload::StartSection { .. } => info.has_start_section = true,
            Payload::CustomSection(reader) => {
                info.custom_sections.push(CustomSection { name: reader.name().to_owned(), size: reader.data().len() });
            }
            _ => {}
        }
    }
    let functions = info.exports.iter().filter(|export| is_function(&export.ty)).map(|export| &*export.name);
    info.abi = AbiVersion::declared(functions.clone());
    info.markers = functions.filter(|name| name.starts_with(AbiVersion::MARKER_PREFIX)).map(str::to_owned).collect();
    info.allocator = ALLOCATORS.into_iter().find(|name| info.exports_function(name));
    Ok(info)
}

fn is_function(ty: &ExternType) -> bool {
    matches!(ty, ExternType::Function { .. } | ExternType::ForeignFunction(_))
}

fn extern_type(types: &Types, ty: EntityType) -> ExternType {
    match ty {
        EntityType::Func(id) | EntityType::FuncExact(id) => {
            let func = types[id].unwrap_func();
            let convert = |list: &[wasmparser::ValType]| list.iter().map(val_type).collect::<Option<Vec<_>>>();
            match (convert(func.params()), convert(func.results())) {
                (Some(params), Some(results)) => ExternType::Function { params, results },
                _ => ExternType::ForeignFunction(func.to_string()),
            }
        }
        EntityType::Table(_) => ExternType::Table,
        EntityType::Memory(_) => ExternType::Memory,
        EntityType::Global(_) => ExternType::Global,
        EntityType::Tag(_) => ExternType::Tag,
    }
}

fn val_type(ty: &wasmparser::ValType) -> Option<ValType> {
    match ty {
        wasmparser::ValType::I32 => Some(ValType::I32),
        wasmparser::ValType::I64 => Some(ValType::I64),
        wasmparser::ValType::F64 => Some(ValType::F64),
        _ => None,
    }
}

fn import_problem(import: &Import) -> Option<ImportProblem> {
    if let ExternType::Function { params, results } = &import.ty
        && host_functions().any(|f| f.matches(&import.module, &import.name, params, results))
    {
        return None;
    }
    let offered: Vec<_> = host_functions()
        .filter(|f| f.name == import.name && f.modules.contains(&import.module.as_str()))
        .map(tollgate_abi::HostFunction::signature)
        .collect();
    let nearest = if offered.is_empty() { nearest_name(import) } else { None };
    Some(ImportProblem {
        module: import.module.clone(),
        name: import.name.clone(),
        wanted: import.ty.clone(),
        offered,
        nearest,
    })
}

/// What the module imports under a name and type, if the same name comes before with another type. Engines link by name:
/// the host may have both functions, but no engine can give both.
fn second_type(info: &ModuleInfo, (index, import): (usize, &Import)) -> Option<AmbiguousImport> {
    let same_name = |other: &&Import| other.module == import.module && other.name == import.name;
    let first = info.imports[..index].iter().find(same_name)?;
    (first.ty != import.ty).then(|| AmbiguousImport {
        module: import.module.clone(),
        name: import.name.clone(),
        types: [first.ty.clone(), import.ty.clone()],
    })
}

/// The name that the author may have meant: the same one from another module, or one that shares a long prefix.
fn nearest_name(import: &Import) -> Option<String> {
    if let Some(same) = host_functions().find(|f| f.name == import.name) {
        return Some(format!("{}.{}", same.modules[0], same.name));
    }
    let common = |a: &str, b: &str| a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let (length, best) = host_functions().map(|f| (common(f.name, &import.name), f)).max_by_key(|(len, _)| *len)?;
    (length > "proxy_get_".len()).then(|| format!("{}.{}", best.modules[0], best.name))
}

fn signature_problem(export: &Export, abi: AbiVersion) -> Option<SignatureProblem> {
    let problem = |expected: String| SignatureProblem { name: export.name.clone(), found: export.ty.clone(), expected };
    if ALLOCATORS.contains(&export.name.as_str()) {
        let fits = export.ty == ExternType::Function { params: vec![ValType::I32], results: vec![ValType::I32] };
        return (!fits).then(|| problem("(i32) -> i32".to_owned()));
    }
    let expected = callback(&export.name, abi)?;
    match &export.ty {
        ExternType::Function { params, results } if expected.matches(&export.name, params, results) => None,
        _ => Some(problem(expected.signature())),
    }
}

//! Limits on memory and tables: an instance's are made with a smaller maximum than the module asks for.

use std::ptr::NonNull;
use tollgate_host::vm::Limits;
use wasmer::sys::vm::{MemoryError, MemoryStyle, TableStyle, VMMemory, VMMemoryDefinition, VMTable, VMTableDefinition};
use wasmer::sys::{BaseTunables, Target, Tunables};
use wasmer::{MemoryType, Pages, TableType, WASM_PAGE_SIZE};

/// wasmer's own way to make memories and tables, with smaller maxima.
pub(crate) struct Limited {
    base: BaseTunables,
    pages: Pages,
    elements: u32,
}

impl Limited {
    pub(crate) fn new(limits: &Limits) -> Self {
        let pages = limits.memory_bytes / WASM_PAGE_SIZE as u64;
        Self {
            base: BaseTunables::for_target(&Target::default()),
            pages: Pages(u32::try_from(pages).unwrap_or(u32::MAX)).min(Pages::max_value()),
            elements: limits.table_elements,
        }
    }

    fn memory(&self, ty: &MemoryType) -> Result<MemoryType, MemoryError> {
        if ty.minimum > self.pages {
            return Err(MemoryError::Generic(format!("{:?} pages, of {:?} at most", ty.minimum.0, self.pages.0)));
        }
        let maximum = ty.maximum.map_or(self.pages, |maximum| maximum.min(self.pages));
        Ok(MemoryType { maximum: Some(maximum), ..*ty })
    }

    fn table(&self, ty: &TableType) -> Result<TableType, String> {
        if ty.minimum > self.elements {
            return Err(format!("a table begins with {} elements, of {} at most", ty.minimum, self.elements));
        }
        let maximum = ty.maximum.map_or(self.elements, |maximum| maximum.min(self.elements));
        Ok(TableType { maximum: Some(maximum), ..*ty })
    }
}

impl Tunables for Limited {
    fn memory_style(&self, memory: &MemoryType) -> MemoryStyle {
        self.base.memory_style(memory)
    }

    fn table_style(&self, table: &TableType) -> TableStyle {
        self.base.table_style(table)
    }

    fn create_host_memory(&self, ty: &MemoryType, style: &MemoryStyle) -> Result<VMMemory, MemoryError> {
        self.base.create_host_memory(&self.memory(ty)?, style)
    }

    unsafe fn create_vm_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
        vm_definition_location: NonNull<VMMemoryDefinition>,
    ) -> Result<VMMemory, MemoryError> {
        let ty = self.memory(ty)?;
        // SAFETY: the caller's promise is passed on. The style is the one that the code was compiled for; what has
        // changed is only how far the memory may grow.
        unsafe { self.base.create_vm_memory(&ty, style, vm_definition_location) }
    }

    fn create_host_table(&self, ty: &TableType, style: &TableStyle) -> Result<VMTable, String> {
        self.base.create_host_table(&self.table(ty)?, style)
    }

    unsafe fn create_vm_table(
        &self,
        ty: &TableType,
        style: &TableStyle,
        vm_definition_location: NonNull<VMTableDefinition>,
    ) -> Result<VMTable, String> {
        let ty = self.table(ty)?;
        // SAFETY: as for memories.
        unsafe { self.base.create_vm_table(&ty, style, vm_definition_location) }
    }
}

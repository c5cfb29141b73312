;; Adds a header to every response; its name and value are put in where NAME and VALUE stand.
(module
  (import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data $name (i32.const 16) "NAME")
  (data $value (i32.const 64) "VALUE")

  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 0))
  (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
    (drop (call $add (i32.const 2)
      (i32.const 16) (i32.const NAME_SIZE)
      (i32.const 64) (i32.const VALUE_SIZE)))
    (i32.const 0)))

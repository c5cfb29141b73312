;; Answers every request by itself; the status is put in where STATUS stands.
(module
  (import "env" "proxy_send_local_response" (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "by the plugin\0a")

  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 0))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (drop (call $reply (i32.const STATUS)
      (i32.const 0) (i32.const 0) (i32.const 16) (i32.const 14) (i32.const 0) (i32.const 0) (i32.const -1)))
    (i32.const 1)))

;; Logs when the end of a body comes.
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "request endresponse end")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 0))
  (func (export "proxy_on_request_body") (param $context i32) (param $size i32) (param $end i32) (result i32)
    (if (local.get $end) (then (drop (call $log (i32.const 2) (i32.const 0) (i32.const 11)))))
    (i32.const 0))
  (func (export "proxy_on_response_body") (param $context i32) (param $size i32) (param $end i32) (result i32)
    (if (local.get $end) (then (drop (call $log (i32.const 2) (i32.const 11) (i32.const 12)))))
    (i32.const 0)))

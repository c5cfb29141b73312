;; Reads the shared value "k" and stores one byte more than it had, as the number that it read allows. What the host has
;; answered to both is told in x-shared, each as a letter: A is OK, B NOT_FOUND, I CAS_MISMATCH, K INTERNAL_FAILURE; then the
;; value, if there was one.
(module
  (import "env" "proxy_get_shared_data" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_shared_data" (func $set (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 256) "k")
  (data (i32.const 272) "x-shared")

  (func (export "proxy_abi_version_0_2_1"))
  ;; One block at a time is in use. Two bytes are free before it.
  (func (export "malloc") (param i32) (result i32) (i32.const 1026))

  (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
    (local $status i32)
    (local $size i32)
    (local.set $status (call $get (i32.const 256) (i32.const 1) (i32.const 0) (i32.const 4) (i32.const 8)))
    (i32.store8 (i32.const 1024) (i32.add (i32.const 65) (local.get $status)))
    (if (i32.eqz (local.get $status))
      (then (local.set $size (i32.load (i32.const 4))))
      (else (i32.store (i32.const 8) (i32.const 0))))
    (i32.store8 (i32.add (i32.const 1026) (local.get $size)) (i32.const 120))
    (local.set $status
      (call $set
        (i32.const 256) (i32.const 1)
        (i32.const 1026) (i32.add (local.get $size) (i32.const 1))
        (i32.load (i32.const 8))))
    (i32.store8 (i32.const 1025) (i32.add (i32.const 65) (local.get $status)))
    (drop
      (call $add
        (i32.const 2)
        (i32.const 272) (i32.const 8)
        (i32.const 1024) (i32.add (i32.const 2) (local.get $size))))
    (i32.const 0)))

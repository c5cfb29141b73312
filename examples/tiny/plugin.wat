;; tiny: the smallest module that a Proxy-Wasm host accepts.
;;
;; Two exports are all it takes: a marker that says which version of the ABI the module speaks, and an allocator the host
;; may ask for room. There is no callback, so no request is ever looked at; there is no memory either, because nothing is
;; ever passed through it.
(module
  ;; The marker. Only its name matters; it is never called.
  (func (export "proxy_abi_version_0_2_0"))

  ;; (size) -> address. 0 means "there is no room", which is the truth here.
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
    (i32.const 0)))

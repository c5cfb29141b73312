;; tiny-refuses: a module that loads and then declines to start.
;;
;; It is `tiny` with one callback more. The host calls proxy_on_vm_start once, before any traffic; a plugin that finds its
;; environment wanting says so by returning 0.
(module
  (func (export "proxy_abi_version_0_2_0"))

  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
    (i32.const 0))

  ;; (root context, size of the VM configuration) -> may we start?
  ;; Change the 0 to 1 and the proxy serves.
  (func (export "proxy_on_vm_start") (param $root i32) (param $configuration_size i32) (result i32)
    (i32.const 0)))

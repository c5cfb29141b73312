;;! title = "Memory that is not exported is not the host's to use"
;;! spec = "8.1 Memory ownership and the allocator protocol"
;;! abi = ["0.2.1"]
(module {{imports}} {{marker}} (memory 1) (func (export "malloc") (param $size i32) (result i32) (i32.const 0))
  (func {{export proxy_on_request_headers}}
  {{proxy_log INFO 0 1}}
  {{CONTINUE}}))

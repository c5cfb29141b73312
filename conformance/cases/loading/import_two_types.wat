;;! title = "A name with several types is imported with one of them"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module
  (import "env" "proxy_continue_request" (func (result i32)))
  (import "env" "proxy_continue_request" (func (result i32)))
  (import "env" "proxy_continue_request" (func))
  (import "env" "proxy_clear_route_cache" (func))
  {{marker}} {{malloc}})

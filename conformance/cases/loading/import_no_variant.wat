;;! title = "Where there are several types, all are told to who wants another one"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module
  (import "env" "proxy_continue_request" (func (param i32) (result i32)))
  (import "env" "proxy_grpc_call" (func (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  {{marker}} {{malloc}})

;;! title = "The draft's callbacks: every part of a stream, with end_of_stream also for trailers"
;;! spec = "proxy_on_http_request_headers"
;;! abi = ["vnext"]
;;! vm = { configuration = "vm" }
;;! plugin = [{ name = "plugin", configuration = "plugin" }]
;;! dialogue = [
;;!   { request = { method = "POST", headers = [["a", "1"]], body = ["one", "two"], trailers = [["t", "1"]] } },
;;!   { response = { headers = [["b", "2"]], body = ["three"], trailers = [["u", "2"], ["v", "3"]] } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_context_create}})
  (func {{export proxy_on_vm_start}} (i32.const 1))
  (func {{export proxy_on_configure}} (i32.const 1))
  (func {{export proxy_on_http_request_headers}} {{CONTINUE}})
  (func {{export proxy_on_http_request_body}} {{CONTINUE}})
  (func {{export proxy_on_http_request_trailers}} {{CONTINUE}})
  (func {{export proxy_on_http_request_metadata}} {{CONTINUE}})
  (func {{export proxy_on_http_response_headers}} {{CONTINUE}})
  (func {{export proxy_on_http_response_body}} {{CONTINUE}})
  (func {{export proxy_on_http_response_trailers}} {{CONTINUE}})
  (func {{export proxy_on_http_response_metadata}} {{CONTINUE}})
  (func {{export proxy_on_log}})
  (func {{export proxy_on_done}} (i32.const 1))
  (func {{export proxy_on_delete}}))

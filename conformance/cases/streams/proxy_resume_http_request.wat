;;! title = "The draft's names for resuming a stream"
;;! spec = "proxy_resume_http_request"
;;! abi = ["0.1.0", "0.2.1", "vnext"]
;;! plugin = [{ name = "first" }, { name = "second" }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_resume_http_response}}
    {{proxy_resume_http_request}}
    {{PAUSE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_resume_http_request}}
    {{proxy_resume_http_response}}
    {{PAUSE}}))

;;! title = "On an HTTP stream there is no connection to resume; the draft's functions say so no more than others do"
;;! spec = "proxy_resume_downstream"
;;! abi = ["0.1.0", "0.2.1", "vnext"]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_resume_downstream}}
    {{proxy_resume_upstream}}
    {{proxy_resume_http_request}}
    {{proxy_resume_http_response}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_resume_downstream}}
    {{proxy_resume_upstream}}
    {{PAUSE}}))

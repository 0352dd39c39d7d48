"""The paths of figures below `/api/`."""

from django.urls import path

from analytics import purchase_views, report_views, views, visitor_views

urlpatterns = [
    path("sessions/<uuid:session_id>/analytics", views.Report.as_view()),
    path("sessions/<uuid:session_id>/analytics/live", views.Live.as_view()),
    path("sessions/<uuid:session_id>/analytics/viewers", views.Viewers.as_view()),
    path("sessions/<uuid:session_id>/analytics/audience", views.Audience.as_view()),
    path("sessions/<uuid:session_id>/analytics/minutes", views.Minutes.as_view()),
    path("sessions/<uuid:session_id>/analytics/funnel", views.Funnel.as_view()),
    path("sessions/<uuid:session_id>/analytics/dashboard", report_views.Dashboard.as_view()),
    path("sessions/<uuid:session_id>/analytics/people", report_views.People.as_view()),
    path("sessions/<uuid:session_id>/analytics/purchases", purchase_views.Purchases.as_view()),
    path("purchases", purchase_views.Confirm.as_view()),
    path("purchases/refunds", purchase_views.Refund.as_view()),
    path("purchases/reports", purchase_views.Report.as_view()),
    path("purchases/checkouts", purchase_views.BeginCheckout.as_view()),
    path("sessions/<uuid:session_id>/conversion-stats", views.ConversionStats.as_view()),
    path("analytics/creator/<str:creator_id>", views.Creator.as_view()),
    path("analytics/creator/<str:creator_id>/shows", report_views.Overview.as_view()),
    path("analytics/shop", report_views.Shop.as_view()),
    path("analytics/visitors/<str:key>", visitor_views.Visitor.as_view()),
    path("analytics/export/<str:day>.csv", views.ExportCsv.as_view()),
    path("analytics/export/<str:day>.jsonl", views.ExportJsonLines.as_view()),
]
